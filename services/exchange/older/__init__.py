"""Exchanges that were there before the platform, and how far each has moved to it."""
