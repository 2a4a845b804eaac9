"""How the database of the catalogue came to be."""
