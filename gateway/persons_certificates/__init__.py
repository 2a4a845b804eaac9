"""People's own certificates as a second factor: enrolled with the first one, shown at log-in."""
