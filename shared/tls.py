"""TLS of a server of ours: at least 1.2, and a renewed certificate without a new start.

A handshake looks, at most every half minute, whether the files have changed, and takes up what
it finds; a renewal that is half written is left alone until it is whole.
"""

import logging
import ssl
import time
from pathlib import Path
from typing import Final

_LOOK_SECONDS: Final = 30.0
# TLS 1.2 with forward secrecy and authenticated encryption only; 1.3 has nothing else.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
_log = logging.getLogger(__name__)

_Seen = tuple[int, ...]


class Certificate:
    """A certificate (with its chain) and its key, both PEM, as they are on the disk now; and the
    authorities (PEM) whose certificates a caller may show, where there are such, with the lists of
    those that they have withdrawn (PEM, in the same file).

    Raises OSError, ssl.SSLError where they cannot be used at the start.
    """

    def __init__(
        self,
        certificate: Path,
        key: Path,
        look_seconds: float = _LOOK_SECONDS,
        client_ca: Path | None = None,
    ) -> None:
        self._files = (certificate, key) if client_ca is None else (certificate, key, client_ca)
        self._look_seconds = look_seconds
        self._seen = self._stamp()
        self._looked_at = time.monotonic()
        self._present = self._load()
        # The one that the server is given. Each handshake goes on with the present one.
        self.context = self._load()
        self.context.sni_callback = self._renew

    def _renew(self, handshake: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        """Called in each handshake, also where no name was asked for."""
        if time.monotonic() - self._looked_at >= self._look_seconds:
            self._looked_at = time.monotonic()
            self._look()
        handshake.context = self._present

    def _look(self) -> None:
        try:
            stamp = self._stamp()
            if stamp == self._seen:
                return
            self._present = self._load()
        except (OSError, ssl.SSLError) as error:
            _log.warning("the renewed certificate cannot be used: %s", type(error).__name__)
            return
        self._seen = stamp
        _log.info("the renewed certificate is in use")

    def _stamp(self) -> _Seen:
        found = [path.stat() for path in self._files]
        return tuple(n for one in found for n in (one.st_mtime_ns, one.st_ino, one.st_size))

    def _load(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        made.set_ciphers(_CIPHERS)
        made.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
        certificate, key, *client_ca = self._files
        for authorities in client_ca:
            # Who shows a certificate must prove it by these; who shows none is let in without.
            made.verify_mode = ssl.CERT_OPTIONAL
            made.load_verify_locations(authorities)
            if b"-----BEGIN X509 CRL-----" in authorities.read_bytes():
                # The authorities' lists of what they have withdrawn: each must have one, in force.
                # Newer ones are taken up like all else, but whether there are any counts at the
                # start alone: a handshake that is moved to another context keeps its own flags.
                made.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        made.load_cert_chain(certificate, key, password=_no_password)
        return made


def _no_password() -> str:
    # Asked on the terminal otherwise, where a server would wait for ever.
    raise ssl.SSLError("the key is under a password")
