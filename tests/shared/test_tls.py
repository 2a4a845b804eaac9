"""TLS of our servers: what is too old is refused, and a renewed certificate is taken up."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.tls import Certificate


def issue(name: str) -> tuple[bytes, bytes]:
    """A certificate of its own issuing, and its key, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    at = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(pem), private


def put(folder: Path, certificate: bytes | None, key: bytes | None) -> tuple[Path, Path]:
    """Put new files in place of the old ones, each whole at once, as renewals do."""
    for name, content in (("certificate.pem", certificate), ("key.pem", key)):
        if content is not None:
            (folder / f"{name}.new").write_bytes(content)
            (folder / f"{name}.new").rename(folder / name)
    return folder / "certificate.pem", folder / "key.pem"


@contextlib.asynccontextmanager
async def serving(found: Certificate) -> AsyncIterator[int]:
    """A server under the certificate; the port."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=found.context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def shown(port: int, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> str:
    """Whose certificate the server shows."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = newest
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    binary = tls.getpeercert(binary_form=True)
    writer.close()
    assert binary is not None
    (name,) = x509.load_der_x509_certificate(binary).subject.get_attributes_for_oid(
        NameOID.COMMON_NAME
    )
    return str(name.value)


async def test_a_renewed_certificate_is_shown_without_a_new_start(tmp_path: Path) -> None:
    found = Certificate(*put(tmp_path, *issue("first")), look_seconds=0)
    async with serving(found) as port:
        assert await shown(port) == "first"
        certificate, key = issue("second")
        # Half of a renewal, then nonsense: the old one goes on.
        put(tmp_path, certificate, None)
        assert await shown(port) == "first"
        put(tmp_path, b"nonsense", None)
        assert await shown(port) == "first"
        put(tmp_path, certificate, key)
        assert await shown(port) == "second"


async def test_the_disk_is_not_asked_at_each_handshake(tmp_path: Path) -> None:
    found = Certificate(*put(tmp_path, *issue("first")))
    async with serving(found) as port:
        put(tmp_path, *issue("second"))
        assert await shown(port) == "first"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_nothing_older_than_tls_1_2_is_spoken(tmp_path: Path) -> None:
    found = Certificate(*put(tmp_path, *issue("first")))
    assert found.context.minimum_version is ssl.TLSVersion.TLSv1_2
    async with serving(found) as port:
        assert await shown(port, ssl.TLSVersion.TLSv1_2) == "first"
        with pytest.raises((ssl.SSLError, OSError)):
            await shown(port, ssl.TLSVersion.TLSv1_1)


def test_a_certificate_that_cannot_be_used_is_refused_at_the_start(tmp_path: Path) -> None:
    certificate, _ = issue("first")
    _, other = issue("second")
    with pytest.raises(ssl.SSLError):
        Certificate(*put(tmp_path, certificate, other))
    with pytest.raises(OSError, match="No such file"):
        Certificate(tmp_path / "none.pem", tmp_path / "none.pem")
