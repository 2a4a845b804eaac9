"""What the platform promises, as sentences that are run."""
