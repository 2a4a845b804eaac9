"""What becomes of sequence numbers when the database goes back in time."""
