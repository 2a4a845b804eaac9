"""Tests of trust in outside issuers."""
