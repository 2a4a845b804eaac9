"""The services: each one authority with one reason to exist; they speak by events only."""
