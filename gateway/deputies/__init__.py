"""Deputies: who acts for an absent colleague, from one moment until another."""
