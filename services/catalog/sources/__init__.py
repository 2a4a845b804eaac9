"""One datum, one source: who else collects an item, who leads, and who collects it second."""
