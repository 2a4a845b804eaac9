"""The lease on grants: nothing flows on knowledge that is older than the bound."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from shared import clock, lease
from shared.lease import BOUNDS, Beat, Lease
from shared.settings import Settings

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def test_before_the_first_beat_nothing_is_allowed() -> None:
    assert not Lease().allows("ordinary", AT)


def test_a_beat_all_of_whose_events_were_heard_allows_until_the_bound_of_the_grade() -> None:
    held = Lease()
    held.heard(5)
    held.beat(Beat(AT, 5, None))
    for grade, bound in BOUNDS.items():
        assert held.allows(grade, AT + bound)
        assert not held.allows(grade, AT + bound + timedelta(microseconds=1))
    assert not held.allows("a grade that nobody knows", after(31))


def test_the_settings_say_how_stale_is_too_stale() -> None:
    told = Settings(
        database=SecretStr("postgresql:///x"),
        nats=SecretStr("nats://x"),
        lease_sensitive_seconds=5,
        lease_ordinary_seconds=60,
    )
    held = Lease(told.lease_bounds)
    held.beat(Beat(AT, 0, None))
    assert held.allows("sensitive", after(5))
    assert not held.allows("sensitive", after(6))
    assert not held.allows("a grade that nobody knows", after(6))
    assert held.allows("ordinary", after(60))
    assert not held.allows("ordinary", after(61))


def test_a_beat_ahead_of_what_was_heard_allows_nothing_new_until_it_was_heard() -> None:
    held = Lease()
    held.beat(Beat(AT, 7, None))
    assert held.behind
    assert not held.allows("ordinary", AT)
    held.heard(6)
    assert held.behind
    held.heard(7)
    assert not held.behind
    assert held.allows("sensitive", AT)


def test_an_event_that_waits_at_the_source_ages_the_lease() -> None:
    held = Lease()
    held.beat(Beat(AT, 0, after(-31)))
    assert not held.allows("sensitive", AT)
    assert held.allows("ordinary", AT)


def test_an_older_beat_takes_nothing_back_and_gives_nothing() -> None:
    held = Lease()
    held.beat(Beat(AT, 0, None))
    held.beat(Beat(after(-600), 0, None))
    assert held.fresh_at == AT


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=20))
def test_whatever_comes_in_whatever_order_the_lease_never_knows_more_than_was_heard(
    steps: list[tuple[int, int]],
) -> None:
    held, best = Lease(), 0
    for second, (told, heard) in enumerate(steps):
        held.beat(Beat(after(second), told, None))
        held.heard(heard)
        best = max(best, heard)
        if told > best:
            assert held.fresh_at < after(second)
        else:
            assert held.fresh_at == after(second)


def test_a_beat_travels_whole() -> None:
    beat = Beat(after(-1), 9, after(-2))
    with clock.turn(AT):
        assert lease.read(beat.message()) == beat


def test_a_beat_from_a_clock_that_is_ahead_counts_as_of_now() -> None:
    with clock.turn(AT):
        beat = lease.read(Beat(after(3600), 1, None).message())
        assert beat is not None
        assert timedelta(0) <= beat.at - AT < timedelta(seconds=5)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"{}",
        b"[]",
        b"1",
        b"\xff",
        b'"at"',
        orjson.dumps({"at": 5, "sequence": 1, "oldest_unsent": None}),
        orjson.dumps({"at": "2026-11-22T08:00:00", "sequence": 1, "oldest_unsent": None}),
        orjson.dumps({"at": "2026-11-22T08:00:00Z", "sequence": "x", "oldest_unsent": None}),
        orjson.dumps({"at": "2026-11-22T08:00:00Z", "sequence": None, "oldest_unsent": None}),
        orjson.dumps({"at": "2026-11-22T08:00:00Z", "sequence": 1, "oldest_unsent": 5}),
        orjson.dumps({"at": "2026-11-22T08:00:00Z", "sequence": 1}),
    ],
)
def test_what_is_no_beat_is_passed_over(message: bytes) -> None:
    assert lease.read(message) is None
