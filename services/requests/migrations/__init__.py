"""How the database of requests came to be."""
