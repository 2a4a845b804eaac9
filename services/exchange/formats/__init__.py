"""The formats in which cut files leave: written once for each sequence, view and format."""
