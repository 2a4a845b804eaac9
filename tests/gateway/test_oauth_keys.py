"""Signing keys: rotated without breaking a valid token, and no other key or algorithm believed."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from gateway import keys
from gateway.keys import KeyFile, KeyFileWrong, RotationTooSoon, Stage
from gateway.tokens import AUDIENCE, PersonsLogIn, TokenInvalid, Tokens

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
LONGEST = timedelta(minutes=30)
ISSUER = "https://data.example"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "keys.pem"
    path.write_text(keys.new_key_pem())
    return path


@pytest.fixture
def tokens(file: Path) -> Tokens:
    return Tokens(KeyFile(file), ISSUER, lambda _: False)


def _kid(token: str) -> str:
    return str(jws.extract_compact(token.encode()).headers()["kid"])


def test_a_rotation_publishes_first_and_signs_later(file: Path, tokens: Tokens) -> None:
    old = tokens.issue(uuid4(), "x", "client-secret", AT, 900).text
    operators = KeyFile(file)
    operators.rotate(AT, LONGEST)
    published = [str(key["kid"]) for key in tokens.jwks()["keys"]]
    assert len(published) == 2
    assert published[0] == _kid(old)
    assert _kid(tokens.issue(uuid4(), "x", "client-secret", AT, 900).text) == _kid(old)
    with pytest.raises(RotationTooSoon):
        operators.rotate(AT + timedelta(seconds=299), LONGEST)
    operators.rotate(AT + timedelta(seconds=300), LONGEST)
    new = tokens.issue(uuid4(), "x", "client-secret", AT, 900).text
    assert _kid(new) == published[1]
    for token in (old, new):
        assert tokens.identify(token, AT + timedelta(seconds=600))


def test_no_valid_token_breaks_over_many_rotations(file: Path, tokens: Tokens) -> None:
    """A token lives thirty minutes; a step is taken every five; none is refused before its end."""
    issued: list[tuple[str, datetime]] = []
    seen = set()
    for step in range(24):
        at = AT + timedelta(minutes=5 * step)
        KeyFile(file).rotate(at, LONGEST)
        issued.append((tokens.issue(uuid4(), "x", "client-secret", at, 1800).text, at))
        seen.add(_kid(issued[-1][0]))
        # A gateway that has never seen these tokens, as after a restart.
        fresh = Tokens(KeyFile(file), ISSUER, lambda _: False)
        for token, since in issued:
            if at < since + LONGEST:
                assert fresh.identify(token, at)
    assert len(seen) == 13
    # What no token can need any more is gone.
    assert len(fresh.jwks()["keys"]) < 7


def test_a_token_of_a_key_that_is_gone_is_refused(file: Path, tokens: Tokens) -> None:
    token = tokens.issue(uuid4(), "x", "client-secret", AT, 900).text
    file.write_text(keys.new_key_pem())
    with pytest.raises(TokenInvalid):
        tokens.identify(token, AT)


def test_a_damaged_file_leaves_the_last_good_keys_in_use(file: Path, tokens: Tokens) -> None:
    token = tokens.issue(uuid4(), "x", "client-secret", AT, 900).text
    file.write_text("-----BEGIN PRIVATE KEY-----\n")
    assert tokens.identify(token, AT)
    with pytest.raises(KeyFileWrong):
        KeyFile(file)


def test_two_rotations_at_once_lose_no_key(file: Path) -> None:
    file.with_name("keys.pem.part").touch()
    with pytest.raises(FileExistsError):
        KeyFile(file).rotate(AT, LONGEST)


def test_the_command_rotates_and_keeps_the_file_closed(file: Path) -> None:
    told = {"SIGNING_KEY_FILE": str(file), "SPOOL": str(file.parent), "PASSPORT_KEY": "6b" * 32}
    told |= {"SECOND_FACTOR_KEY": "5f" * 32}
    told |= {"DATABASE": "postgresql://x:x@/x", "NATS": "nats://x:x@127.0.0.1:1"}
    environment = os.environ | {f"HUITONG_{name}": value for name, value in told.items()}

    def run(action: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "gateway.keys", action]
        return subprocess.run(  # noqa: S603 - our own command
            command, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    rotated = run("rotate")
    assert rotated.returncode == 0, rotated.stderr
    assert [line.split()[0] for line in rotated.stdout.splitlines()] == ["current", "next"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in rotated.stdout
    again = run("rotate")
    assert again.returncode == 1
    assert "rotate again after" in again.stderr


def test_a_bundle_reads_as_it_was_written(file: Path) -> None:
    ring = keys.parse(file.read_text()).rotated(AT, LONGEST)
    ring = ring.rotated(AT + timedelta(minutes=5), LONGEST)
    again = keys.parse(ring.pem())
    assert [(k.kid, k.stage, k.since) for k in again.keys] == [
        (k.kid, k.stage, k.since) for k in ring.keys
    ]
    assert {k.stage for k in again.keys} == {Stage.CURRENT, Stage.PREVIOUS}


def _claims() -> dict[str, str | int]:
    now = int(AT.timestamp())
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(uuid4()),
        "jti": str(uuid4()),
        "client_id": "x",
        "acr": "client-secret",
        "iat": now,
        "exp": now + 900,
    }


def _public_pem(file: Path) -> bytes:
    return KeyFile(file).ring().current.key.as_pem(private=False)


Forger = Callable[[Path], str]


def _by_public_key_as_secret(file: Path) -> str:
    kid = KeyFile(file).ring().kid
    key = OctKey.import_key(_public_pem(file).decode("ascii").replace("-----", "====="))
    return jwt.encode({"alg": "HS256", "typ": "at+jwt", "kid": kid}, _claims(), key)


def _unsigned(file: Path) -> str:
    signed = Tokens(KeyFile(file), ISSUER, lambda _: False)
    _, claims, _ = signed.issue(uuid4(), "x", "client-secret", AT, 900).text.split(".")
    # The header says: no algorithm, an access token.
    return f"eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{claims}."


def _by_own_key_under_our_kid(file: Path) -> str:
    header = {"alg": "ES256", "typ": "at+jwt", "kid": KeyFile(file).ring().kid}
    return jwt.encode(header, _claims(), ECKey.generate_key("P-256"))


def _by_own_key_carried_along(file: Path) -> str:
    own = ECKey.generate_key("P-256")
    header = {"alg": "ES256", "typ": "at+jwt", "kid": own.thumbprint()}
    return jwt.encode(header | {"jwk": own.as_dict(private=False)}, _claims(), own)


def _by_rsa(file: Path) -> str:
    header = {"alg": "RS256", "typ": "at+jwt", "kid": KeyFile(file).ring().kid}
    return jwt.encode(header, _claims(), RSAKey.generate_key(2048))


@pytest.mark.parametrize(
    "forge",
    [
        _by_public_key_as_secret,
        _unsigned,
        _by_own_key_under_our_kid,
        _by_own_key_carried_along,
        _by_rsa,
    ],
)
def test_no_other_key_or_algorithm_is_believed(file: Path, tokens: Tokens, forge: Forger) -> None:
    with pytest.raises(TokenInvalid, match="not one of this platform's"):
        tokens.identify(forge(file), AT)


@pytest.mark.parametrize(
    "otherwise",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another-product"},
        {"sub": "administrator"},
        {"exp": None},
        {"jti": None},
    ],
)
def test_a_signature_alone_proves_nothing(
    file: Path, tokens: Tokens, otherwise: dict[str, str | None]
) -> None:
    ring = KeyFile(file).ring()
    header = {"alg": "ES256", "typ": "at+jwt", "kid": ring.kid}
    claims = {k: v for k, v in (_claims() | otherwise).items() if v is not None}
    with pytest.raises(TokenInvalid):
        tokens.identify(jwt.encode(header, claims, ring.current.key), AT)
    other_kind = jwt.encode(header | {"typ": "JWT"}, _claims(), ring.current.key)
    with pytest.raises(TokenInvalid):
        tokens.identify(other_kind, AT)


def test_expired_and_future_tokens_are_told_how_far_the_clocks_differ(tokens: Tokens) -> None:
    token = tokens.issue(uuid4(), "x", "client-secret", AT, 900).text
    with pytest.raises(TokenInvalid, match="expired 100 seconds ago"):
        tokens.identify(token, AT + timedelta(seconds=1000))
    early = Tokens(tokens._keys, ISSUER, lambda _: False)
    with pytest.raises(TokenInvalid, match="clocks differ by 60 seconds"):
        early.identify(token, AT - timedelta(seconds=60))


def test_a_revoked_token_is_refused_though_it_was_verified_before(file: Path) -> None:
    revoked: set[UUID] = set()
    tokens = Tokens(KeyFile(file), ISSUER, revoked.__contains__)
    log_in = PersonsLogIn(uuid4(), AT)
    issued = tokens.issue(uuid4(), "x", "password", AT, 900, log_in)
    assert tokens.identify(issued.text, AT).log_in == log_in.id
    revoked.add(issued.id)
    with pytest.raises(TokenInvalid, match="revoked"):
        tokens.identify(issued.text, AT)
