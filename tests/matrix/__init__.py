"""Every operation × every role × whose the thing is, through the real gateway and services."""

import os

# Sixty accounts log in: their passwords are hashed weakly, where the tests of hashing allow it.
os.environ.setdefault("WEAK_PASSWORD_HASHES", "for tests")
