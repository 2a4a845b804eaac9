"""The certificate that this machine shows when it connects (mutual TLS, RFC 8705)."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from huitong_client import private_files
from huitong_client.errors import NotLoggedIn


@dataclass(frozen=True, slots=True)
class Own:
    """A certificate with its chain (PEM), and its key: in a file of its own, or in the same one."""

    certificate: str
    key: str | None = None

    def show(self, context: ssl.SSLContext) -> None:
        """Let connections under the context show it.

        Raises NotLoggedIn where it cannot be used, or others could read its key.
        """
        holder = Path(self.key or self.certificate)
        if private_files.read(holder) is None:
            raise NotLoggedIn("certificate-unfit", path=holder)
        try:
            context.load_cert_chain(self.certificate, self.key, password=_no_password)
        except (OSError, ssl.SSLError) as error:
            raise NotLoggedIn("certificate-unfit", path=self.certificate) from error


def own(certificate: str | None, key: str | None) -> Own | None:
    """The certificate that a profile names, None where it names none."""
    return None if certificate is None else Own(certificate, key)


def _no_password() -> str:
    # Asked on the terminal otherwise, where nobody sits at night.
    raise ssl.SSLError("the key is under a password")
