"""What must be shared by law, and the list of what is not."""
