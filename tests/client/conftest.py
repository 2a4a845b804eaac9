"""What the tests of the client share: a door, a home of their own, and a platform over both."""

import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from huitong_client import Patience, Platform, Profile, profiles

from tests.client.door import CLIENT, SECRET, Door, opened

HASTY = Patience(attempts=4, first_wait=0.01, longest_wait=2.0)


@pytest.fixture
def door() -> Iterator[Door]:
    """A platform on a loopback port."""
    with opened() as door:
        yield door


@dataclass(frozen=True)
class TlsDoor:
    """A door with a certificate, and the CA that issued it."""

    door: Door
    ca: Path


@pytest.fixture
def tls_door(tmp_path: Path) -> Iterator[TlsDoor]:
    """A platform behind the certificate of an authority's own CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test authority")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    ca, private = tmp_path / "ca.pem", tmp_path / "key.pem"
    ca.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca, private)
    with opened(context) as door:
        yield TlsDoor(door, ca)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder of the test's own, and English sentences."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for name in ("HUITONG_CLIENT_ID", "HUITONG_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "config" / "huitong"


@pytest.fixture
def profile(door: Door) -> Profile:
    """A client that the door knows."""
    return Profile(door.address, f"{door.address}/oauth/token", CLIENT, SECRET)


@pytest.fixture
def logged_in(profile: Profile, home: Path) -> Profile:
    """The same, kept as the default profile."""
    profiles.save("default", profile)
    return profile


@pytest.fixture
def platform(profile: Profile) -> Iterator[Platform]:
    """A connection with little patience."""
    with Platform(profile, patience=HASTY) as platform:
        yield platform
