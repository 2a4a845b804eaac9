"""Machines prove who they are: by secrets that follow one another, or by keys of their own."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from sqlalchemy import func, select, update

from gateway.models import ClientSecret, UsedAssertion
from gateway.oauth.clients import Verified
from shared import clock, crypto
from tests.gateway.conftest import Gateway
from tests.gateway.logging_in import log_in
from tests.gateway.people import calls

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Machine:
    """The tax department's system, and its administrator."""

    def __init__(self, gateway: Gateway, headers: Mapping[str, str]) -> None:
        self.gateway = gateway
        self.headers = dict(headers)
        self.id, self.secret = gateway.client("tax")
        self.key: Key = OKPKey.generate_key("Ed25519")

    async def call(
        self, method: str, path: str, body: object = None, key: str | None = None
    ) -> httpx.Response:
        """What the administrator does to the machine's credentials."""
        headers = self.headers | {"idempotency-key": key or str(uuid4()), "if-match": "*"}
        return await self.gateway.http.request(
            method, f"/v1/clients/{self.id}{path}", json=body, headers=headers
        )

    async def register(self, key: Key, kid: str = "k1") -> httpx.Response:
        """Register one public key, and sign with its private half from now on."""
        self.key = key
        return await self.call(
            "PUT", "/keys", {"keys": [key.as_dict(private=False) | {"kid": kid}]}
        )

    def assertion(
        self, alg: str = "Ed25519", key: Key | None = None, kid: str | None = "k1", **told: Any
    ) -> str:
        """An assertion; `told` changes claims, None takes one out."""
        now = int(clock.now().timestamp())
        claims = {
            "iss": self.id,
            "sub": self.id,
            "aud": self.gateway.url,
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + 120,
            **told,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": alg, "typ": "JWT"} | ({"kid": kid} if kid else {})
        return jwt.encode(header, claims, key or self.key, algorithms=[alg])

    async def show(self, assertion: str, **otherwise: str) -> httpx.Response:
        """Ask for a token with an assertion."""
        body = {
            "grant_type": "client_credentials",
            "client_assertion_type": TYPE,
            "client_assertion": assertion,
        }
        return await self.gateway.http.post("/oauth/token", data=body | otherwise)

    async def ask(self, secret: str) -> httpx.Response:
        """Ask for a token with a secret."""
        return await self.gateway.http.post(
            "/oauth/token", data={"grant_type": "client_credentials"}, auth=(self.id, secret)
        )


@pytest.fixture
async def machine(gateway: Gateway) -> Machine:
    return Machine(gateway, await log_in(gateway, "tax.administrator"))


@pytest.mark.parametrize("alg", ["ES256", "RS256", "Ed25519", "EdDSA"])
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # still the name that most use
async def test_a_machine_signs_in_with_its_own_key(machine: Machine, alg: str) -> None:
    keys: dict[str, Key] = {
        "ES256": ECKey.generate_key("P-256"),
        "RS256": RSAKey.generate_key(2048),
        "Ed25519": OKPKey.generate_key("Ed25519"),
        "EdDSA": OKPKey.generate_key("Ed25519"),
    }
    assert (await machine.register(keys[alg])).status_code == 200
    answer = await machine.show(machine.assertion(alg))
    assert answer.status_code == 200, answer.text
    me = await machine.gateway.http.get(
        "/v1/me", headers={"authorization": f"Bearer {answer.json()['access_token']}"}
    )
    assert me.json()["acr"] == "private-key-jwt"
    endpoint = f"{machine.gateway.url}/oauth/token"
    assert (await machine.show(machine.assertion(alg, aud=endpoint))).status_code == 200
    assert (await machine.show(machine.assertion(alg, aud=[endpoint]))).status_code == 200


async def test_an_assertion_is_good_once_also_when_sent_twice_at_once(machine: Machine) -> None:
    await machine.register(machine.key)
    assertion = machine.assertion()
    answers = await asyncio.gather(*[machine.show(assertion) for _ in range(4)])
    assert sorted(a.status_code for a in answers) == [200, 401, 401, 401]
    again = await machine.show(assertion)
    assert "used before" in again.json()["error_description"]
    async with machine.gateway.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(UsedAssertion)) == 1


async def test_the_refusal_says_how_far_the_clocks_differ(machine: Machine) -> None:
    await machine.register(machine.key)
    now = int(clock.now().timestamp())

    async def told(**claims: Any) -> str:
        answer = await machine.show(machine.assertion(**claims))
        assert answer.status_code == 401
        return str(answer.json()["error_description"])

    expired = await told(iat=now - 4000, exp=now - 3600)
    assert "expired 360" in expired
    assert "platform's clock says" in expired
    assert "clocks differ by" in await told(iat=now + 600, exp=now + 700)
    assert "300 is the most" in await told(exp=now + 3600)
    # A stranger without the key learns nothing of the kind.
    stranger = machine.assertion(key=OKPKey.generate_key("Ed25519"), exp=now - 3600)
    assert "clock" not in (await machine.show(stranger)).json()["error_description"]


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://elsewhere.example"},
        {"aud": ["https://elsewhere.example", "http://127.0.0.1"]},
        {"aud": None},
        {"iss": "somebody-else"},
        {"sub": str(uuid4())},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": 1 << 60},
        {"jti": None},
        {"jti": "short"},
    ],
)
async def test_an_assertion_with_a_wrong_claim_is_refused(
    machine: Machine, claims: dict[str, Any]
) -> None:
    await machine.register(machine.key)
    answer = await machine.show(machine.assertion(**claims))
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


async def test_an_assertion_under_any_other_key_or_algorithm_is_refused(machine: Machine) -> None:
    own = ECKey.generate_key("P-256")
    await machine.register(own)
    public = OctKey.import_key(own.as_pem(private=False).replace(b"-----", b"====="))
    other = Machine(machine.gateway, machine.headers)
    other.id, _ = machine.gateway.client("education")
    _, claims, _ = machine.assertion("ES256").split(".")
    attempts = [
        machine.assertion("HS256", public),
        machine.assertion("ES256", ECKey.generate_key("P-256")),
        machine.assertion("RS256", RSAKey.generate_key(2048)),
        machine.assertion("ES256", kid="another"),
        # One machine's key under another's name.
        other.assertion("ES256", own),
        # The header says: no algorithm.
        f"eyJhbGciOiJub25lIn0.{claims}.",
        "nonsense",
        "",
    ]
    for assertion in attempts:
        answer = await machine.show(assertion)
        assert answer.status_code in (400, 401), assertion
    assert (await machine.show(machine.assertion("ES256"))).status_code == 200
    both = await machine.show(machine.assertion("ES256"), client_secret=machine.secret)
    assert both.json()["error"] == "invalid_request"
    named = await machine.show(machine.assertion("ES256"), client_id=other.id)
    assert named.json()["error"] == "invalid_client"


async def test_only_public_keys_that_are_strong_enough_are_registered(machine: Machine) -> None:
    private = OKPKey.generate_key("Ed25519").as_dict(private=True) | {"kid": "a"}
    good = OKPKey.generate_key("Ed25519").as_dict(private=False)
    unfit: list[list[dict[str, Any]]] = [
        [private],
        [{"kty": "RSA", "kid": "a", "e": "AQAB", "n": crypto.base64url(b"\xc5" * 128)}],
        [{"kty": "RSA", "kid": "a", "e": "AQAB", "n": crypto.base64url(b"\xc5" * 2048)}],
        [ECKey.generate_key("P-384").as_dict(private=False) | {"kid": "a"}],
        [OctKey.generate_key(256).as_dict(private=True) | {"kid": "a"}],
        [good],
        [good | {"kid": "a"}, good | {"kid": "a"}],
        [good | {"kid": "a", "x": "AAAA"}],
    ]
    for keys in unfit:
        answer = await machine.call("PUT", "/keys", {"keys": keys})
        assert answer.status_code == 422, keys
        assert str(private["d"]) not in answer.text
    assert (await machine.call("GET", "/keys")).json()["keys"] == []


async def test_keys_are_taken_back_at_once(machine: Machine) -> None:
    await machine.register(machine.key)
    assert (await machine.call("PUT", "/keys", {"keys": []})).status_code == 200
    assert (await machine.show(machine.assertion())).status_code == 401


async def test_a_secret_is_changed_without_a_gap(machine: Machine) -> None:
    assert (await machine.ask(machine.secret)).status_code == 200
    added = await machine.call("POST", "/secrets", {}, key="second-secret")
    assert added.status_code == 201
    second = added.json()["secret"]
    again = await machine.call("POST", "/secrets", {}, key="second-secret")
    assert again.json()["id"] == added.json()["id"]
    assert again.json()["secret"] is None
    for secret in (machine.secret, second):
        assert (await machine.ask(secret)).status_code == 200
    full = await machine.call("POST", "/secrets", {})
    assert full.json()["code"] == "client-secrets-full"
    newest, oldest = (await machine.call("GET", "/secrets")).json()["items"]
    assert newest["id"] == added.json()["id"]
    assert oldest["last_used_at"] is not None
    gone = await machine.call("DELETE", f"/secrets/{oldest['id']}")
    assert gone.status_code == 204
    # At once, though it was proven and remembered a moment ago.
    assert (await machine.ask(machine.secret)).status_code == 401
    assert (await machine.ask(second)).status_code == 200
    assert (await machine.call("DELETE", f"/secrets/{oldest['id']}")).status_code == 404


async def test_a_secret_ends_on_its_day(machine: Machine) -> None:
    now = clock.now()
    past = {"expires_at": (now - timedelta(days=1)).isoformat()}
    assert (await machine.call("POST", "/secrets", past)).json()["code"] == "secret-expiry-past"
    soon = {"expires_at": (now + timedelta(minutes=1)).isoformat()}
    secret = (await machine.call("POST", "/secrets", soon)).json()["secret"]
    assert (await machine.ask(secret)).status_code == 200
    with clock.turn(now + timedelta(seconds=61)):
        assert (await machine.ask(secret)).status_code == 401


async def test_another_departments_credentials_do_not_exist(machine: Machine) -> None:
    stranger = Machine(machine.gateway, await log_in(machine.gateway, "education.administrator"))
    first = (await machine.call("GET", "/secrets")).json()["items"][0]["id"]
    attempts: list[tuple[str, str, object]] = [
        ("GET", "/secrets", None),
        ("POST", "/secrets", {}),
        ("DELETE", f"/secrets/{first}", None),
        ("GET", "/keys", None),
        ("PUT", "/keys", {"keys": []}),
    ]
    for method, path, body in attempts:
        assert (await stranger.call(method, path, body)).status_code == 404
    # Nor does another machine's secret under one's own machine's address.
    stranger.id, _ = machine.gateway.client("education")
    assert (await stranger.call("DELETE", f"/secrets/{first}")).status_code == 404


async def test_a_revoked_machine_gets_no_new_credentials(machine: Machine) -> None:
    await machine.register(machine.key)
    await machine.call("POST", "/revoke")
    assert (await machine.call("POST", "/secrets", {})).json()["code"] == "client-revoked"
    assert (await machine.show(machine.assertion())).status_code == 401
    assert (await machine.ask(machine.secret)).status_code == 401


async def test_a_proven_secret_is_not_hashed_again_for_five_minutes(machine: Machine) -> None:
    assert (await machine.ask(machine.secret)).status_code == 200
    async with machine.gateway.sessions.begin() as session:
        # Whoever hashed now would find that nothing fits.
        await session.execute(update(ClientSecret).values(secret_hash="no hash of anything"))
    assert (await machine.ask(machine.secret)).status_code == 200
    assert (await machine.ask("a wrong one")).status_code == 401
    with clock.turn(clock.now() + timedelta(minutes=5, seconds=1)):
        assert (await machine.ask(machine.secret)).status_code == 401


async def test_what_was_proven_is_neither_the_secret_nor_lasting() -> None:
    verified, client, secret, at = Verified(), uuid4(), uuid4(), clock.now()
    verified.remember(client, "the secret", secret, at)
    assert verified.secret_of(client, "the secret", at) == secret
    assert verified.secret_of(uuid4(), "the secret", at) is None
    assert verified.secret_of(client, "the secret", at + timedelta(minutes=5)) is None
    assert "the secret" not in repr(vars(verified))
    # Another process knows nothing of it, and its digests are others.
    assert Verified().secret_of(client, "the secret", at) is None


async def test_the_last_use_is_noted_once_a_minute(machine: Machine) -> None:
    await machine.ask(machine.secret)
    sessions = machine.gateway.sessions
    async with sessions.begin() as session:
        old = clock.now() - timedelta(minutes=2)
        await session.execute(update(ClientSecret).values(last_used_at=old))
    await machine.ask(machine.secret)
    first = (await machine.call("GET", "/secrets")).json()["items"][0]["last_used_at"]
    await machine.ask(machine.secret)
    second = (await machine.call("GET", "/secrets")).json()["items"][0]["last_used_at"]
    assert first == second
    assert await calls(machine.gateway, (await machine.ask(machine.secret)).json()) == 200


async def test_a_profile_of_delta_sharing_holds_a_secret_that_is_shown_once(
    machine: Machine,
) -> None:
    given = await machine.call("POST", "/delta-sharing-profile", {}, key="profile-1")
    assert given.status_code == 201
    assert given.headers["content-disposition"] == 'attachment; filename="huitong.share"'
    assert "no-store" in given.headers["cache-control"]
    profile = given.json()
    assert (profile["shareCredentialsVersion"], profile["clientId"]) == (2, machine.id)
    assert profile["endpoint"] == f"{machine.gateway.url}/v1/delta-sharing"
    assert profile["tokenEndpoint"] == f"{machine.gateway.url}/oauth/token"
    assert (await machine.ask(profile["clientSecret"])).status_code == 200
    again = await machine.call("POST", "/delta-sharing-profile", {}, key="profile-1")
    assert (again.status_code, again.json()["code"]) == (409, "profile-handed-out")
    assert profile["clientSecret"] not in again.text
