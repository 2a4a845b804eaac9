"""The credentials of clients: secrets that can follow one another, and keys of their own."""
