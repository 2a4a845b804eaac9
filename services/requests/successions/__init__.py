"""What becomes of requests, grants and suspensions when departments follow one another."""
