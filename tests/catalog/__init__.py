"""The catalogue: its rules alone, and its operations on a real database."""
