"""How fast a caller may call: the bucket, its fields, its share of several gateways."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr

from gateway.limits.rate import Rate
from gateway.limits.rates import Header, RateExceeded, Rates
from gateway.live import Member
from gateway.settings import GatewaySettings
from shared.ids import new_id
from shared.principal import PrincipalKind

SECOND = 1_000_000_000


def member(
    kind: PrincipalKind = PrincipalKind.CLIENT, rate: tuple[int, int] | None = None, n: int = 1
) -> Member:
    """A caller for whom a rate was set, or none."""
    return Member(kind, UUID(int=n), UUID(int=9), frozenset(), rate=rate)


def rates(machine: str = "5/10", person: str = "2/10", gateways: int = 1) -> Rates:
    """Buckets of small rates."""
    return Rates(Rate.read(machine), Rate.read(person), gateways)


def taken(found: Rates, who: Member, now: int) -> list[bytes]:
    """What the answer to one request says; a refusal's is first."""
    headers: list[Header] = []
    refusal = found.take(who, now, headers)
    said = [value for name, value in headers if name == b"ratelimit"]
    return [*([refusal.code.encode()] if refusal else []), *said]


def test_a_caller_may_use_its_whole_rate_at_once_and_then_waits_for_the_next() -> None:
    found, who = rates(), member()
    for left in (4, 3, 2, 1, 0):
        (said,) = taken(found, who, 0)
        assert said == b'"caller";r=%d;t=%d' % (left, 2 * (5 - left))
    headers: list[Header] = []
    refusal = found.take(who, 0, headers)
    assert isinstance(refusal, RateExceeded)
    assert (refusal.status, refusal.headers) == (429, {"Retry-After": "2"})
    assert headers == [
        (b"ratelimit-policy", b'"caller";q=5;w=10'),
        (b"ratelimit", b'"caller";r=0;t=2'),
    ]
    # A refused request costs nothing: two seconds later, and no sooner, one more goes through.
    assert taken(found, who, 2 * SECOND - 1)[0] == b"rate-exceeded"
    assert taken(found, who, 2 * SECOND) == [b'"caller";r=0;t=10']
    assert taken(found, who, 2 * SECOND)[0] == b"rate-exceeded"


def test_a_departments_weight_makes_its_callers_faster_where_nothing_was_set_for_them() -> None:
    found = Rates(Rate.read("5/10"), Rate.read("2/10"), 1, {member().department: 3})
    assert taken(found, member(n=1), 0) == [b'"caller";r=14;t=1']
    assert taken(found, member(PrincipalKind.OPERATOR, n=2), 0) == [b'"caller";r=5;t=2']
    assert taken(found, member(rate=(4, 10), n=3), 0) == [b'"caller";r=3;t=3']
    other = replace(member(n=4), department=UUID(int=10))
    assert taken(found, other, 0) == [b'"caller";r=4;t=2']


@pytest.mark.parametrize("rate", ["1000/10", "7/3", "1/3600", "10000000/1"])
def test_over_any_time_no_more_goes_through_than_the_rate_and_what_was_saved(rate: str) -> None:
    told = Rate.read(rate)
    found, who = rates(rate), member()
    spans = min(told.requests, 1000)
    passed, step = 0, told.seconds * SECOND // spans // 2
    for turn in range(4 * spans):  # Twice as fast as it may, for two of its windows.
        passed += len(taken(found, who, turn * step)) == 1
    assert passed <= told.requests + 2 * told.requests * told.seconds / told.seconds
    assert passed >= min(2 * spans, told.requests)


def test_callers_do_not_share_a_bucket_and_people_have_a_rate_of_their_own() -> None:
    found = rates()
    person = member(PrincipalKind.OPERATOR, n=2)
    assert [len(taken(found, member(), 0)) for _ in range(6)] == [1, 1, 1, 1, 1, 2]
    assert [len(taken(found, person, 0)) for _ in range(3)] == [1, 1, 2]


def test_a_rate_that_was_set_holds_at_once_and_what_was_used_stays_used() -> None:
    found = rates()
    for _ in range(3):
        taken(found, member(), 0)
    assert taken(found, member(rate=(4, 10)), 0) == [b'"caller";r=0;t=10']
    assert taken(found, member(rate=(4, 10)), 0)[0] == b"rate-exceeded"
    assert taken(found, member(rate=(100, 10)), 0) == [b'"caller";r=95;t=1']
    # The same rate, read anew from the database, is no change.
    assert taken(found, member(rate=(100, 10)), 0) == [b'"caller";r=94;t=1']


def test_several_gateways_admit_a_share_each() -> None:
    found = rates("1000/10", gateways=3)
    headers: list[Header] = []
    found.take(member(), 0, headers)
    assert headers[0] == (b"ratelimit-policy", b'"caller";q=333;w=10')
    assert Rate(1, 60).share(5) == Rate(1, 60)


def test_a_caller_that_is_gone_is_forgotten() -> None:
    found = rates()
    for _ in range(10_001):
        found.take(Member(PrincipalKind.CLIENT, new_id(), new_id(), frozenset()), 0, [])
    late = 1000 * SECOND
    found.take(member(), late, [])
    assert len(found) == 1


@pytest.mark.parametrize("text", ["", "10", "0/10", "10/0", "-1/10", "10/3601", "ten/1", "1/2/3"])
def test_a_rate_that_is_none_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        Rate.read(text)


def test_rates_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUITONG_CLIENT_RATE", "50/5")
    settings = GatewaySettings(
        database=SecretStr("postgresql:///x"),
        nats=SecretStr("nats://x"),
        signing_key_file=Path("/x"),
        second_factor_key=SecretStr("5f" * 32),
        spool=Path("/x"),
    )
    assert (settings.client_rate, settings.operator_rate) == (Rate(50, 5), Rate(300, 10))
