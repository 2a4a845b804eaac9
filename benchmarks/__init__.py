"""What the platform does in a second, measured against named peers in the same run."""
