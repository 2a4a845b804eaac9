"""Passports: only what the gateway sealed for this service, a moment ago, is one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import crypto, passport
from shared.ids import new_id
from shared.passport import PassportInvalid
from shared.principal import Permission, Principal, PrincipalKind, claims_of

KEY = b"k" * 32
AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
WHO = Principal(
    kind=PrincipalKind.CLIENT,
    id=new_id(),
    department=new_id(),
    region="320000/320200",
    authority=None,
    permissions=frozenset({Permission.DATA_READ}),
    acr="client-secret",
    network="outer",
    grant=new_id(),
    access_id=new_id(),
)
SEALED = passport.seal(WHO, "exchange", KEY, AT)


def opened(text: str, *, audience: str = "exchange", key: bytes = KEY, at: datetime = AT) -> object:
    """Who the passport names, or the refusal's class."""
    try:
        return passport.open_passport(text, audience, key, at)
    except PassportInvalid:
        return PassportInvalid


def sealed(claims: object) -> str:
    """Any claims at all, under the right key."""
    body = orjson.dumps(claims)
    return f"{crypto.base64url(body)}.{crypto.base64url(crypto.STANDARD.mac(KEY, body))}"


def test_a_passport_opens_to_exactly_who_was_sealed_into_it() -> None:
    assert opened(SEALED) == WHO
    other = replace(WHO, kind=PrincipalKind.OPERATOR, grant=None, authority="320000/320200")
    assert opened(passport.seal(other, "exchange", KEY, AT)) == other


def test_a_passport_is_for_one_service_and_one_key() -> None:
    assert opened(SEALED, audience="catalog") is PassportInvalid
    assert opened(SEALED, key=b"o" * 32) is PassportInvalid
    assert opened(SEALED, key=b"") is PassportInvalid
    assert opened(passport.seal(WHO, "exchange", b"", AT), key=b"") is PassportInvalid


@pytest.mark.parametrize(
    ("seconds", "good"), [(0, True), (60, True), (61, False), (-5, True), (-6, False)]
)
def test_a_passport_lives_a_minute_and_hardly_before_it_was_sealed(
    seconds: int, good: bool
) -> None:
    assert (opened(SEALED, at=AT + timedelta(seconds=seconds)) == WHO) is good


def test_every_truncation_of_a_passport_is_refused() -> None:
    for length in range(len(SEALED)):
        assert opened(SEALED[:length]) is PassportInvalid


@given(st.integers(0, len(SEALED) - 1), st.characters())
def test_no_changed_character_goes_unseen(place: int, character: str) -> None:
    changed = SEALED[:place] + character + SEALED[place + 1 :]
    # The last character of base64 may carry unused bits; what it decodes to is the same then.
    assert opened(changed) in (PassportInvalid, WHO)
    if place < len(SEALED.partition(".")[0]) - 1 and changed != SEALED:
        assert opened(changed) is PassportInvalid


@given(st.text())
def test_no_text_at_all_opens_or_breaks_a_lock(text: str) -> None:
    assert opened(text) is PassportInvalid


@pytest.mark.parametrize(
    "claims",
    [
        {},
        [],
        None,
        "text",
        {**claims_of(WHO), "a": "exchange"},
        {**claims_of(WHO), "a": "exchange", "t": "now"},
        {**claims_of(WHO), "a": "exchange", "t": AT.timestamp(), "p": ["new:permission"]},
        {**claims_of(WHO), "a": "exchange", "t": AT.timestamp(), "i": "no id"},
    ],
)
def test_a_passport_of_another_release_is_refused_and_not_a_fault(claims: object) -> None:
    assert opened(sealed(claims)) is PassportInvalid
