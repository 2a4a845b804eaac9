"""A person's second factor: one-time codes of an authenticator, and codes for its loss."""
