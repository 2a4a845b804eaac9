"""Who puts digest and signature on a statement of the authority."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from shared.crypto import Signer, Suite


@dataclass(frozen=True, slots=True)
class Notary:
    """The suite, and the installation's key for statements where it has one."""

    suite: Suite
    signer: Signer | None

    @classmethod
    def of(cls, suite: Suite, key_file: Path | None) -> Self:
        """The notary whose private key, PKCS #8 in PEM, is in a file; without one none signs."""
        return cls(suite, suite.load_signer(key_file.read_bytes()) if key_file else None)

    @property
    def digest_name(self) -> str:
        """The name of the digest."""
        return self.suite.digest_name

    @property
    def public_key(self) -> str | None:
        """The raw public key in hexadecimal."""
        return self.signer.public_bytes.hex() if self.signer else None

    def digest(self, document: bytes) -> str:
        """The digest of a document in hexadecimal."""
        return self.suite.digest(document).hex()

    def signature(self, document: bytes) -> str | None:
        """The signature over a document in hexadecimal; None where nobody signs."""
        return self.signer.sign(document).hex() if self.signer else None
