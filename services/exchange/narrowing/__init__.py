"""Row conditions and masks of grants, applied: to what is cut into files and to look-ups alike."""
