"""`python -m huitong_client` is the command `huitong`."""

from huitong_client.cli import run

run()
