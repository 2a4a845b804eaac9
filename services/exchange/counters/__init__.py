"""Service counters: a citizen is not asked again for what the platform has."""
