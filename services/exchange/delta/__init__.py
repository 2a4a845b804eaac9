"""Delta Sharing: grants read as tables by the off-the-shelf client, over the same cut files."""
