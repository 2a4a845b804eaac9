"""Failed log-ins: slowed, recorded without names, never a way to lock others out, nor a burden."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from gateway.identity.passwords import Hashing, LogInsBusy, LogInsFromHere, hashed
from gateway.identity.strength import PasswordGuessable, PasswordLength, check
from gateway.oauth.attempts import WRONG_PASSWORD, Attempts, TooManyAttempts
from gateway.records import Recorder
from gateway.spool import Spool
from gateway.strangers import Strangers
from tests.gateway.conftest import Gateway
from tests.gateway.people import Person
from tests.gateway.test_accounts import COMPILER

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


class Stream:
    """The stream ACCESS."""

    def __init__(self) -> None:
        self.records: list[dict[str, object]] = []

    async def publish(self, subject: str, body: bytes, message_id: str) -> None:
        self.records += orjson.loads(body)["records"]


def attempts() -> Attempts:
    """Attempts whose failures go nowhere."""
    return Attempts(lambda address, reason, at: None)


def fail(counted: Attempts, name: str, address: str, times: int = 5, **browser: str) -> None:
    """Fail so often."""
    for _ in range(times):
        counted.check(name, address, AT, **browser)
        counted.failed(name, address, AT, WRONG_PASSWORD, **browser)


async def test_failures_are_recorded_added_up_and_without_names(tmp_path: Path) -> None:
    stream = Stream()
    recorder = Recorder(stream, Spool(tmp_path / "spool", 1 << 20, 900))
    async with recorder.running():
        strangers = Strangers(recorder)
        counted = Attempts(strangers.refused)
        async with strangers.counting():
            fail(counted, "civil-affairs.compiler", "10.1.2.3")
            with pytest.raises(TooManyAttempts):
                counted.check("civil-affairs.compiler", "10.1.2.3", AT)
            fail(counted, "tax.administrator", "10.1.2.3", 2)
    found = {r["reason"]: (r["count"], r["address"], r["decision"]) for r in stream.records}
    assert found == {
        "password-wrong": (7, "10.1.2.3", "refused"),
        "too-many-attempts": (1, "10.1.2.3", "refused"),
    }
    assert "compiler" not in str(stream.records)


def test_a_stranger_with_a_whole_network_of_addresses_gets_five_tries() -> None:
    counted = attempts()
    for n in range(5):
        fail(counted, COMPILER, f"2001:db8::{n:x}", 1)
    with pytest.raises(TooManyAttempts):
        counted.check(COMPILER, "2001:db8::beef", AT)
    counted.check(COMPILER, "2001:db8:0:1::1", AT)


def test_nobody_locks_another_out_from_elsewhere_or_from_the_same_network() -> None:
    counted = attempts()
    fail(counted, COMPILER, "10.1.2.3")
    counted.check(COMPILER, "10.9.9.9", AT)
    # Behind the same address the person's own browser counts for itself.
    counted.check(COMPILER, "10.1.2.3", AT, "a browser of the person's")
    with pytest.raises(TooManyAttempts):
        counted.check(COMPILER, "10.1.2.3", AT)
    counted.check(COMPILER, "10.1.2.3", AT + timedelta(minutes=5))


async def test_a_browser_that_logged_in_before_is_not_locked_out_by_its_neighbours(
    gateway: Gateway,
) -> None:
    person = Person(gateway, COMPILER)
    first = await person.enter()
    assert first.status_code == 303
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/oauth" in cookie
    kept = dict([cookie.partition(";")[0].split("=", 1)])
    gateway.http.cookies.clear()
    for _ in range(5):
        assert (await person.enter("a wrong password")).status_code == 401
    assert (await person.enter()).status_code == 429
    # For another account, or damaged, the cookie is worth nothing.
    other = Person(gateway, "tax.administrator")
    for _ in range(5):
        await other.enter("a wrong password")
    gateway.http.cookies.update(kept)
    assert (await other.enter()).status_code == 429
    assert (await person.enter()).status_code == 303
    gateway.http.cookies.clear()
    gateway.http.cookies.update({name: value[:-4] + "AAAA" for name, value in kept.items()})
    assert (await person.enter()).status_code == 429


async def test_checks_of_passwords_are_bounded_and_no_address_takes_them_all() -> None:
    hashing = Hashing(at_once=1, waiting=5)
    known = hashed("a secret")
    there = [hashing.fits(known, "a secret", "10.1.1.1") for _ in range(5)]
    found = await asyncio.gather(*there, return_exceptions=True)
    assert [good for good in found if good is True] == [True] * 3
    assert [type(one) for one in found[3:]] == [LogInsFromHere] * 2
    all_over = [hashing.fits(known, "a secret", f"10.1.1.{n}") for n in range(8)]
    found = await asyncio.gather(*all_over, return_exceptions=True)
    assert sum(one is True for one in found) == 6
    assert [type(one) for one in found[6:]] == [LogInsBusy] * 2
    # Afterwards every place is free again.
    assert await hashing.fits(known, "a secret", "10.1.1.1")
    assert not await hashing.fits(None, "a secret", "10.1.1.1")
    assert await hashing.fits(await hashing.hashed("other", "10.1.1.1"), "other", "10.1.1.1")


@pytest.mark.parametrize(
    "password",
    [
        "password123456",
        "1qaz2wsx3edc4rfv",
        "Woaini13141314",
        "tax.administrator",
        "taxadministrator2026",
        "huitong20262026",
        "aaaaaaaaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(PasswordGuessable):
        check(password, "tax.administrator")


def test_length_is_asked_for_and_nothing_else() -> None:
    for password in ("elevenchars", "x" * 129):
        with pytest.raises(PasswordLength):
            check(password, "tax.administrator")
    for password in (
        "unrelated kettle marble sixteen",
        "示例四个互不相关的词语组合",
        "x7#Kq!vR2@pW",
    ):
        check(password, "tax.administrator")


async def test_a_flood_of_log_ins_keeps_no_connection_of_the_database(gateway: Gateway) -> None:
    person = Person(gateway, COMPILER)
    tokens = await person.tokens()
    # More than the pool has, in places that wait for their check.
    flood = [Person(gateway, f"nobody-{n}").enter("a wrong password") for n in range(12)]
    calls = [
        gateway.http.get("/v1/me", headers={"authorization": f"Bearer {tokens['access_token']}"})
        for _ in range(4)
    ]
    answers = await asyncio.gather(*flood, *calls)
    assert {answer.status_code for answer in answers[:12]} == {401}
    assert [answer.status_code for answer in answers[12:]] == [200] * 4
