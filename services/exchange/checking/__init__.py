"""Whether what is stored is what was published, and derived tables made anew, from a shell."""
