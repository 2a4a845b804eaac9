"""How the database of audit came to be."""
