"""The client at a real gateway with a key of its own: made here, registered there, then used."""

import asyncio
import io
import json
import stat
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from huitong_client import Platform, Refused, cli, profiles, signing
from huitong_client.errors import NotLoggedIn

from tests.gateway.conftest import Gateway
from tests.gateway.logging_in import log_in

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder of the test's own, and English sentences."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for name in ("HUITONG_CLIENT_ID", "HUITONG_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "config" / "huitong"


def kept(home: Path) -> list[bytes]:
    """What the client has kept on this machine."""
    return [path.read_bytes() for path in home.iterdir()] if home.exists() else []


async def run(*arguments: str) -> tuple[int, str, str]:
    """The command in a thread, as the gateway runs in this one."""
    out, error = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(error):
        code = await asyncio.to_thread(cli.main, arguments)
    return code, out.getvalue(), error.getvalue()


async def keep(
    gateway: Gateway, body: object, etag: str | None = '"0"', department: str = "tax"
) -> httpx.Response:
    """What the department's administrator sends."""
    client, _ = gateway.client("tax")
    headers = await log_in(gateway, f"{department}.administrator")
    headers |= {"if-match": etag} if etag is not None else {}
    return await gateway.http.put(f"/v1/clients/{client}/keys", json=body, headers=headers)


async def test_a_machine_makes_a_key_has_it_registered_and_logs_in(
    gateway: Gateway, tmp_path: Path, home: Path
) -> None:
    client, _ = gateway.client("tax")
    file = tmp_path / "machine.pem"
    code, told, sentence = await run("key", str(file), "--client-id", client)
    assert code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"PUT /v1/clients/{client}/keys" in sentence
    login = ("login", "--gateway", gateway.url, "--client-id", client, "--key", str(file))
    early, _, why = await run(*login)
    assert early == 3
    assert "invalid_client" in why
    assert kept(home) == []
    registered = await keep(gateway, json.loads(told))
    assert registered.status_code == 200, registered.text
    code, _, why = await run(*login)
    assert code == 0, why
    code, me, _ = await run("whoami", "--json")
    assert json.loads(me)["id"] == client
    secret = file.read_bytes().splitlines()[1]
    assert len(kept(home)) == 2
    assert not any(secret in text or b"PRIVATE" in text for text in kept(home))
    # The same key again: nothing is overwritten, and --show tells the same.
    assert (await run("key", str(file)))[0] == 7
    assert (await run("key", str(file), "--show"))[1] == told


@pytest.mark.parametrize(
    "private",
    [
        ec.generate_private_key(ec.SECP256R1()),
        rsa.generate_private_key(65537, 2048),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["ec", "rsa", "ed25519"],
)
async def test_a_key_from_elsewhere_is_taken_and_every_token_has_a_proof_of_its_own(
    gateway: Gateway,
    tmp_path: Path,
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey,
) -> None:
    file = tmp_path / "machine.pem"
    file.touch(0o600)
    file.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    key = signing.load(file)
    assert (await keep(gateway, json.loads(signing.registration(key)))).status_code == 200
    client, _ = gateway.client("tax")
    profile = profiles.Profile(
        gateway.url, f"{gateway.url}/oauth/token", client, key_file=str(file)
    )

    def twice() -> list[str]:
        found = []
        for _ in range(2):
            with Platform(profile) as platform:
                found.append(str(platform.whoami().id))
        return found

    assert await asyncio.to_thread(twice) == [client, client]
    first, second = (signing.assertion(key, client, profile.token_endpoint) for _ in range(2))
    assert first != second
    elsewhere = replace(profile, token_endpoint=f"{gateway.url}/oauth/revoke")
    assert signing.assertion(key, client, elsewhere.token_endpoint) not in (first, second)


async def test_a_machine_that_has_only_keys_gets_nothing_for_its_secret(
    gateway: Gateway, tmp_path: Path
) -> None:
    key = signing.make(tmp_path / "machine.pem")
    body = json.loads(signing.registration(key))
    assert (await keep(gateway, {"keys": [], "only": True})).status_code == 422
    assert (await keep(gateway, body | {"only": True})).json()["only"] is True
    client, secret = gateway.client("tax")
    refused = await gateway.http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client, secret)
    )
    assert refused.status_code == 401
    assert (await keep(gateway, body, '"1"')).status_code == 200
    assert await gateway.token("tax")


async def test_keys_are_changed_by_whoever_read_them_last(gateway: Gateway, tmp_path: Path) -> None:
    body = json.loads(signing.registration(signing.make(tmp_path / "machine.pem")))
    assert (await keep(gateway, body, None)).json()["code"] == "client-keys-if-match-missing"
    first = await keep(gateway, body)
    assert first.headers["etag"] == '"1"'
    assert (await keep(gateway, body)).json()["code"] == "client-keys-changed"
    assert (await keep(gateway, body, 'W/"1"')).status_code == 412
    assert (await keep(gateway, body, '"1"', "education")).status_code == 404
    both = await asyncio.gather(*[keep(gateway, body, '"1"') for _ in range(2)])
    assert sorted(answer.status_code for answer in both) == [200, 412]


async def test_a_key_that_others_can_read_or_that_is_none_is_not_used(
    gateway: Gateway, tmp_path: Path
) -> None:
    file = tmp_path / "machine.pem"
    signing.make(file)
    file.chmod(0o644)
    with pytest.raises(NotLoggedIn, match="chmod 600"):
        signing.load(file)
    for text in (b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"):
        other = tmp_path / str(uuid4())
        other.touch(0o600)
        other.write_bytes(text)
        with pytest.raises(NotLoggedIn, match="no private key"):
            signing.load(other)
    with pytest.raises(NotLoggedIn, match="Make one"):
        signing.load(tmp_path / "nowhere")
    another = ec.generate_private_key(ec.SECP384R1())
    other.write_bytes(
        another.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with pytest.raises(NotLoggedIn):
        signing.load(other)
    profile = profiles.Profile(gateway.url, f"{gateway.url}/oauth/token", str(uuid4()))
    with pytest.raises(NotLoggedIn), Platform(profile) as platform:
        await asyncio.to_thread(platform.whoami)


async def test_another_machines_key_opens_nothing(gateway: Gateway, tmp_path: Path) -> None:
    file = tmp_path / "machine.pem"
    key = signing.make(file)
    assert (await keep(gateway, json.loads(signing.registration(key)))).status_code == 200
    other, _ = gateway.client("education")
    profile = profiles.Profile(gateway.url, f"{gateway.url}/oauth/token", other, key_file=str(file))
    with pytest.raises(Refused, match="invalid_client"), Platform(profile) as platform:
        await asyncio.to_thread(platform.whoami)
