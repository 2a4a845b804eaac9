"""Journeys over the real processes, as a user starts them."""
