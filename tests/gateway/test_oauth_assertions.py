"""Damaged tokens and assertions: whatever a stranger sends is refused, never a fault."""

import itertools
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from gateway import keys
from gateway.keys import KeyFile
from gateway.oauth import assertions
from gateway.oauth.assertions import AssertionRefused, KeyUnfit
from gateway.tokens import TokenInvalid, Tokens
from shared.crypto import base64url

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
HEADERS = (
    b"[]",
    b"{}",
    b"null",
    b"\xff\xfe",
    b"{" * 50,
    b'{"alg":1}',
    b'{"alg":["ES256"]}',
    b'{"alg":"none"}',
    b'{"alg":"ES256","kid":[1]}',
    b'{"alg":"ES256","kid":"KID"}',
    b'{"alg":"ES256","kid":"KID","typ":5}',
    b'{"alg":"ES256","kid":"KID","crit":1}',
    b'{"alg":"ES256","kid":"KID","crit":["b64"],"b64":false}',
    b'{"alg":"ES256","alg":"none","kid":"KID"}',
    b'{"alg":"ES256","kid":"KID","jwk":1,"x5c":5}',
    b'{"alg":"ECDH-ES","enc":"A256GCM","kid":"KID","epk":{}}',
    b'{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":999999999,"p2s":"x","kid":"KID"}',
)
PAYLOADS = (b"[]", b"{}", b"null", b"\xff", b"", b"[" * 2000, b'{"sub":1}', b'{"sub":["a"]}')
SIGNATURES = ("", base64url(b"x" * 64), base64url(b"x" * 63), "!!", "é")


def damaged(kid: str) -> list[str]:
    """Every header with every payload and signature, in several numbers of parts."""
    found = []
    for header, payload, signature in itertools.product(HEADERS, PAYLOADS, SIGNATURES):
        head, body = base64url(header.replace(b"KID", kid.encode())), base64url(payload)
        found += [f"{head}.{body}.{signature}", f"{head}.{body}", f"{head}..{signature}"]
        found.append(f"{head}.{body}.{signature}.{signature}.{signature}")
    return found


def test_a_damaged_token_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.pem"
    path.write_text(keys.new_key_pem())
    file = KeyFile(path)
    tokens = Tokens(file, "https://data.example", lambda _: False)
    for text in damaged(file.ring().kid):
        with pytest.raises(TokenInvalid):
            tokens.identify(text, AT)


def test_a_damaged_assertion_is_refused() -> None:
    key = {**ECKey.generate_key("P-256").as_dict(private=False), "kid": "k1"}
    registered = [{name: str(value) for name, value in key.items()}]
    for text in damaged("k1"):
        assert assertions.claimed_client(text) is None
        with pytest.raises(AssertionRefused):
            assertions.verified(text, registered, frozenset({"https://data.example"}), AT)


@pytest.mark.parametrize(
    "payload",
    [
        b"[]",
        b"null",
        b'{"sub":1}',
        b'{"sub":["a"],"iss":["a"]}',
        b'{"sub":"ID","iss":"ID","aud":{},"jti":1,"exp":1}',
        b'{"sub":"ID","iss":"ID","aud":"https://data.example","jti":"12345678","exp":true}',
        b'{"sub":"ID","iss":"ID","aud":"https://data.example","jti":"12345678","exp":-1}',
    ],
)
def test_a_right_signature_over_nonsense_is_refused(payload: bytes) -> None:
    own = ECKey.generate_key("P-256")
    registered = [{name: str(v) for name, v in own.as_dict(private=False).items()} | {"kid": "k1"}]
    said = payload.replace(b"ID", str(uuid4()).encode())
    text = jws.serialize_compact({"alg": "ES256", "kid": "k1"}, said, own)
    with pytest.raises(AssertionRefused):
        assertions.verified(text, registered, frozenset({"https://data.example"}), AT)


@pytest.mark.parametrize(
    "told",
    [
        {"kty": []},
        {"kty": "EC", "kid": "a", "crv": "P-256", "x": "!!", "y": "é"},
        {"kty": "EC", "kid": "a", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "kid": "a", "crv": "P-256", "x": "AQ" * 21, "y": "AQ" * 21},
        {"kty": "EC", "kid": "a", "crv": "unknown", "x": "AA", "y": "AA"},
        {"kty": "RSA", "kid": "a", "n": "é" * 400, "e": "AQAB"},
        {"kty": "RSA", "kid": "a", "n": base64url(b"\xff" * 256), "e": "!!"},
        {"kty": "RSA", "kid": "a", "n": base64url(b"\xff" * 256), "e": "AA"},
        {"kty": "OKP", "kid": "a", "crv": "Ed448", "x": "AA"},
        {"kty": "OKP", "kid": "a", "crv": "X25519", "x": base64url(b"1" * 32)},
    ],
)
def test_what_is_no_key_is_not_registered(told: dict[str, object]) -> None:
    with pytest.raises(KeyUnfit):
        assertions.public_key(told)
