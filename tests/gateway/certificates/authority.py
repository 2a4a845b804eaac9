"""A certification authority of the tests' own, and what it issues."""

import base64
import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared import clock

AUTHORITY = "CN=Government Device CA"


@dataclass
class Issued:
    """A certificate with its key, in one file."""

    certificate: x509.Certificate
    file: Path

    @property
    def der(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def digest(self) -> str:
        """Its SHA-256, as tools print it."""
        text = hashlib.sha256(self.der).hexdigest().upper()
        return ":".join(text[i : i + 2] for i in range(0, 64, 2))

    @property
    def header(self) -> dict[str, str]:
        """As a proxy tells it (RFC 9440)."""
        return {"client-cert": f":{base64.b64encode(self.der).decode()}:"}


class Authority:
    """Issues certificates into a folder."""

    def __init__(self, folder: Path, name: str = "Government Device CA") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        made = self._made(self._name, self._key, is_authority=True)
        self.file = folder / f"ca-{made.serial_number}.pem"
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> Issued:
        """A certificate of that common name, also good for a server on this machine."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._made(_name(name), key, is_authority=False)
        file = self._folder / f"{made.serial_number}.pem"
        file.write_bytes(
            made.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return Issued(made, file)

    def withdraw(self, *withdrawn: Issued) -> None:
        """Write the list of withdrawn certificates into the authority's file."""
        made = x509.CertificateRevocationListBuilder().issuer_name(self._name)
        made = made.last_update(clock.now() - timedelta(minutes=1))
        made = made.next_update(clock.now() + timedelta(hours=1))
        for one in withdrawn:
            made = made.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(one.certificate.serial_number)
                .revocation_date(clock.now() - timedelta(minutes=1))
                .build()
            )
        signed = made.sign(self._key, hashes.SHA256())
        own = x509.load_pem_x509_certificate(self.file.read_bytes())
        self.file.write_bytes(
            own.public_bytes(serialization.Encoding.PEM)
            + signed.public_bytes(serialization.Encoding.PEM)
        )

    def _made(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_authority: bool
    ) -> x509.Certificate:
        here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(clock.now() - timedelta(hours=1))
            .not_valid_after(clock.now() + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(x509.SubjectAlternativeName([here]), critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
