"""Quotas of grants: what a day gives, whose keys are held, and what the clock may do."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from gateway.limits.quotas import GrantQuotaExceeded, GrantUsageUnknown, Header, Held, Quotas
from gateway.live import LiveGrant

# Noon in Shanghai.
AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def granted(calls: int | None = None, keys: int | None = None) -> LiveGrant:
    """A grant with a quota."""
    return LiveGrant(
        id=UUID(int=1),
        resource=UUID(int=2),
        grantee=UUID(int=3),
        purpose="核验",
        grade="ordinary",
        valid_from=AT,
        valid_until=None,
        revoked=False,
        calls_per_day=calls,
        keys_per_day=keys,
    )


@pytest.fixture
def quotas() -> Quotas:
    """Quotas whose day is known."""
    found = Quotas("Asia/Shanghai")
    found.today(AT).known = True
    return found


def held(quotas: Quotas, grant: LiveGrant, length: int | None = None) -> int | str:
    """How many keys a look-up holds, or the code of its refusal."""
    found = quotas.hold(grant, length, AT, [])
    return found.keys if isinstance(found, Held) else found.code


@pytest.mark.duty("D16", "baoji-2017 §18")
def test_a_day_gives_what_the_quota_says_and_the_refusal_says_when_it_gives_again(
    quotas: Quotas,
) -> None:
    grant = granted(calls=2)
    headers: list[Header] = []
    assert quotas.call(grant, AT, headers) is None
    assert headers == [
        (b"ratelimit-policy", b'"grant-calls";q=2;w=86400'),
        (b"ratelimit", b'"grant-calls";r=1;t=43200'),
    ]
    assert quotas.call(grant, AT, []) is None
    refusal = quotas.call(grant, AT + timedelta(seconds=0.5), headers)
    assert isinstance(refusal, GrantQuotaExceeded)
    assert refusal.headers == {"Retry-After": "43200"}
    assert "2026-03-03 00:00" in refusal.detail
    assert headers[-1] == (b"ratelimit", b'"grant-calls";r=0;t=43200')


def test_a_day_ends_at_midnight_where_the_platform_stands(quotas: Quotas) -> None:
    grant = granted(calls=1)
    last = datetime(2026, 3, 2, 15, 59, 59, 999999, tzinfo=UTC)
    assert quotas.call(grant, last, []) is None
    assert quotas.call(grant, last, []) is not None
    midnight = last + timedelta(microseconds=1)
    assert quotas.call(grant, midnight, []) is None


def test_a_clock_that_is_set_back_gives_no_second_day(quotas: Quotas) -> None:
    grant = granted(calls=1)
    assert quotas.call(grant, AT, []) is None
    assert quotas.call(grant, AT + timedelta(days=1), []) is None
    assert quotas.call(grant, AT, []) is not None
    # Thrown years ahead and back, the day is not remembered here: what is kept of it is asked.
    for days in (900, 901, 902):
        quotas.today(AT + timedelta(days=days))
    before = quotas.call(grant, AT, [])
    assert isinstance(before, GrantUsageUnknown)


def test_nothing_is_given_on_account_of_what_is_not_known() -> None:
    quotas = Quotas("Asia/Shanghai")
    assert isinstance(quotas.call(granted(calls=5), AT, []), GrantUsageUnknown)
    assert held(quotas, granted(keys=5)) == "grant-usage-unknown"
    # Where there is no quota there is nothing to know.
    assert quotas.call(granted(), AT, []) is None
    assert held(quotas, granted()) == 1000


def test_what_was_used_elsewhere_counts(quotas: Quotas) -> None:
    grant = granted(calls=10, keys=100)
    use = quotas.today(AT).use(grant.id)
    use.calls_elsewhere, use.keys_elsewhere = 9, 98
    assert held(quotas, grant) == 2
    assert quotas.call(grant, AT, []) is None
    assert quotas.call(grant, AT, []) is not None
    use.keys_elsewhere = 150
    assert held(quotas, grant) == "grant-quota-exceeded"


def test_a_look_up_holds_no_more_keys_than_its_body_has_room_for(quotas: Quotas) -> None:
    grant = granted(keys=5000)
    body = len('{"keys":["",""]}')
    assert 2 <= int(held(quotas, grant, body)) <= body // 3
    assert held(quotas, grant, 10**6) == 1000


def test_look_ups_at_once_never_pass_a_quota_of_keys(quotas: Quotas) -> None:
    grant = granted(keys=5000)
    chance, used = random.Random(7), 0  # noqa: S311 - no secret
    under_way: list[Held] = []
    for _ in range(2000):
        if under_way and chance.random() < 0.5:
            one = under_way.pop(chance.randrange(len(under_way)))
            keys = chance.randint(0, one.keys)
            quotas.settle(grant, one, keys)
            used += keys
            continue
        found = quotas.hold(grant, chance.choice([None, 60, 600]), AT, [])
        if isinstance(found, Held):
            under_way.append(found)
        assert used + sum(one.keys for one in under_way) <= 5000
    for one in under_way:
        quotas.settle(grant, one, one.keys)
        used += one.keys
    assert used == quotas.today(AT).use(grant.id).all_keys <= 5000
    assert quotas.today(AT).use(grant.id).held == 0
