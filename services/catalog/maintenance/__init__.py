"""Maintenance: each quarter a department goes through its whole catalogue and confirms it."""
