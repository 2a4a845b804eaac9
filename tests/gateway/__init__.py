"""Tests of the gateway."""

import os

# Before anything imports the gateway: a bootstrap of the example departments hashes sixteen
# passwords, which would be most of the time that these tests take.
os.environ["WEAK_PASSWORD_HASHES"] = "for tests"
