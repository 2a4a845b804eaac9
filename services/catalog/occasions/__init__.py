"""Occasions: a change of law or duty that a department registers, and that makes updates due."""
