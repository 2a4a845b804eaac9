"""Machines' certificates (RFC 8705): what a caller has proven to hold, and whose it is here."""
