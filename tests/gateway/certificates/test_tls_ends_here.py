"""Certificates where TLS ends at the gateway itself; and nobody's word but the handshake's."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import huitong_client as client
import pytest

from gateway.app import create_app
from gateway.certificates.presented import Vouchers, told
from shared import tls
from tests.gateway.certificates.authority import Authority, Issued
from tests.gateway.certificates.test_behind_a_proxy import HANDED_ON, ask, registered
from tests.gateway.conftest import Gateway, serving

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
async def address(gateway: Gateway, authority: Authority, tmp_path: Path) -> AsyncIterator[str]:
    """A second gateway beside the first, which ends TLS itself."""
    server = authority.issue("gateway").file
    found = tls.Certificate(server, server, client_ca=authority.file)
    bound = socket.create_server(("127.0.0.1", 0))
    settings = gateway.settings.model_copy(
        update={
            "spool": tmp_path / "second",
            "tls_client_ca": authority.file,
            "tls_certificate": server,
        }
    )
    async with serving(create_app(settings), bound, found.context):
        yield f"https://127.0.0.1:{bound.getsockname()[1]}"


def caller(address: str, authority: Authority, own: Issued | None) -> httpx.AsyncClient:
    """A machine's HTTP client."""
    context = ssl.create_default_context(cafile=authority.file)
    if own is not None:
        context.load_cert_chain(own.file)
    return httpx.AsyncClient(base_url=address, verify=context)


async def test_the_handshakes_certificate_counts_and_no_header_instead_of_it(
    gateway: Gateway, authority: Authority, address: str
) -> None:
    machine, other = authority.issue("qzj-01"), authority.issue("qzj-02")
    await registered(gateway, machine)
    form = {"grant_type": "client_credentials", "client_id": gateway.client("tax")[0]}
    async with caller(address, authority, machine) as http:
        got = await http.post("/oauth/token", data=form)
        assert got.status_code == 200, got.text
        bearer = {"authorization": f"Bearer {got.json()['access_token']}"}
        for path in ("/v1/me", HANDED_ON):
            assert (await http.get(path, headers=bearer)).status_code == 200
            assert (await http.get(path, headers=bearer | other.header)).status_code == 200
    for own in (other, None):
        async with caller(address, authority, own) as http:
            assert (await http.post("/oauth/token", data=form)).status_code == 401
            forged = await http.post("/oauth/token", data=form, headers=machine.header)
            assert forged.status_code == 401
            for path in ("/v1/me", HANDED_ON):
                assert (await http.get(path, headers=bearer)).status_code == 401
                assert (await http.get(path, headers=bearer | machine.header)).status_code == 401
    # Nor is the header believed where there is no TLS at all.
    assert (await ask(gateway, machine.header)).status_code == 401
    plain = await gateway.http.get("/v1/me", headers=bearer | machine.header)
    assert plain.status_code == 401


async def test_the_client_shows_its_certificate_and_needs_no_secret(
    gateway: Gateway, authority: Authority, address: str, tmp_path: Path
) -> None:
    machine = authority.issue("qzj-01")
    await registered(gateway, machine)
    machine.file.chmod(0o600)
    profile = client.Profile(
        gateway=address,
        token_endpoint=f"{address}/oauth/token",
        client_id=gateway.client("tax")[0],
        ca_file=str(authority.file),
        certificate_file=str(machine.file),
    )

    def asked(profile: client.Profile) -> str:
        with client.Platform(profile) as platform:
            return str(platform.whoami().id)

    assert await asyncio.to_thread(asked, profile) == gateway.client("tax")[0]
    # With a secret beside it the tokens are bound as well; without either nothing is asked.
    secret = replace(profile, client_secret=gateway.client("tax")[1])
    assert await asyncio.to_thread(asked, secret) == gateway.client("tax")[0]
    nothing = replace(profile, certificate_file=None)
    with pytest.raises(client.NotLoggedIn):
        await asyncio.to_thread(asked, nothing)
    machine.file.chmod(0o644)
    for file in (machine.file, tmp_path / "missing.pem", authority.file):
        with pytest.raises(client.NotLoggedIn):
            client.Platform(replace(profile, certificate_file=str(file)))


async def test_a_certificate_of_an_authority_that_nobody_named_ends_the_handshake(
    authority: Authority, address: str, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "Another CA").issue("qzj-01")
    async with caller(address, authority, stranger) as http:
        with pytest.raises((httpx.TransportError, ssl.SSLError)):
            await http.get("/livez")
    async with caller(address, authority, None) as http:
        assert (await http.get("/livez")).status_code == 200


def test_a_certificate_that_its_authority_withdrew_ends_the_handshake(
    authority: Authority,
) -> None:
    server, standing, withdrawn = [authority.issue(name) for name in ("gateway", "1", "2")]
    authority.withdraw()
    found = tls.Certificate(server.file, server.file, look_seconds=0, client_ca=authority.file)
    assert shakes_hands(found, authority, standing.file)
    assert shakes_hands(found, authority, withdrawn.file)
    authority.withdraw(withdrawn)
    # The next list is taken up without a new start.
    assert shakes_hands(found, authority, standing.file)
    assert not shakes_hands(found, authority, withdrawn.file)
    assert shakes_hands(found, authority, None)


def shakes_hands(server: tls.Certificate, authority: Authority, own: Path | None) -> bool:
    """Whether a caller with that certificate gets in."""
    context = ssl.create_default_context(cafile=authority.file)
    if own is not None:
        context.load_cert_chain(own)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    caller = context.wrap_bio(back, there, server_hostname="127.0.0.1")
    ours = server.context.wrap_bio(there, back, server_side=True)
    waiting = [caller, ours]
    for _ in range(10):
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
    return not waiting


def test_an_authority_without_the_gateways_own_certificate_asks_nobody(gateway: Gateway) -> None:
    authority, own = Path("/device-ca.pem"), Path("/chain.pem")
    for setting, asked in (
        ({}, False),
        ({"tls_client_ca": authority}, False),
        ({"tls_client_ca": authority, "tls_certificate": Path("")}, False),
        ({"tls_certificate": own}, False),
        ({"tls_certificate": own, "tls_client_ca": authority}, True),
        ({"certificate_proxies": ("10.1.0.0/16",)}, True),
    ):
        assert gateway.settings.model_copy(update=setting).takes_certificates is asked


def test_only_named_peers_vouch() -> None:
    vouchers = Vouchers(["10.1.0.0/16", "2001:db8::/32"])
    for peer in ("10.1.2.3", "::ffff:10.1.2.3", "2001:db8::7"):
        assert vouchers.of(b"own", peer).vouching
    for other in ("10.2.0.1", "127.0.0.1", "nonsense", None):
        certified = vouchers.of(None, other)
        assert not certified
        assert certified.shown([(b"client-cert", b":QUJD:")]) is None
    assert Vouchers(["unix"]).of(None, None).vouching
    assert not Vouchers().of(None, None)
    # A proxy's own certificate is not its callers'.
    assert vouchers.of(b"own", "10.1.2.3").shown([]) is None


def test_the_header_is_read_as_its_standard_writes_it() -> None:
    found = told([(b"host", b"x"), (b"client-cert", b" :QUJD: ")])
    assert found is not None
    assert found.der == b"ABC"
    assert found.names is None
