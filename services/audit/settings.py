"""What audit is told beyond what every process is."""

from pathlib import Path

from pydantic import Field

from services.audit.checkpoint import LogKey
from shared.crypto import Signer, Suite, suite
from shared.settings import Settings


class AuditSettings(Settings):
    """The common settings, the file of the signing key, and the log's name.

    `log_key_file` is a private key in PEM that only audit's account may read, PostgreSQL's least
    of all: whoever has both the tables and the key can rewrite the log. `log_origin` is the
    log's name in its checkpoints and the name of its key; it never changes.
    """

    log_key_file: Path
    log_origin: str = Field(min_length=1, max_length=200, pattern=r"^[^\s+]+$")

    @property
    def suite(self) -> Suite:
        """The cryptographic suite of the installation."""
        return suite(self.crypto_suite)

    def signer(self) -> Signer:
        """The key that signs checkpoints. Raises OSError, or Tampered for another kind of key."""
        return self.suite.load_signer(self.log_key_file.read_bytes())

    def log_key(self) -> LogKey:
        """The public half of it, under the log's name."""
        return LogKey(self.log_origin, self.signer().public_bytes)
