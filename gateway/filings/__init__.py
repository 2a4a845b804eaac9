"""Filings (备案): whom each department named for its duties of sharing, kept with dates."""
