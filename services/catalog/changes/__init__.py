"""Changes of the catalogue: what enters, is replaced or leaves, and from when on."""
