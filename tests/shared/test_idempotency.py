"""Idempotency keys: a repeated POST does its work once, however the repeats race."""

import asyncio
from uuid import UUID

import pytest

from shared import db
from shared.idempotency import IdempotencyKeyReused, claim
from tests.callers import Principals
from tests.shared.world import AT, Died, Idempotency, count


async def test_repeats_that_race_all_learn_of_the_one_thing(
    sessions: db.Sessions, principal: Principals
) -> None:
    by = principal()

    async def post(fails: bool) -> tuple[UUID, bool]:
        async with sessions.begin() as session:
            found = await claim(session, by, "make", "the-same-key", b"body", AT)
            await asyncio.sleep(0.02)
            if fails:
                raise Died
            return found

    tries = [post(fails=n < 3) for n in range(7)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    good = [f for f in found if isinstance(f, tuple)]
    assert len(good) == 4
    assert len({made for made, _ in good}) == 1
    assert sorted(first for _, first in good) == [False, False, False, True]
    assert await count(sessions, Idempotency) == 1


async def test_a_key_with_another_body_is_refused(
    sessions: db.Sessions, principal: Principals
) -> None:
    by = principal()
    async with sessions.begin() as session:
        await claim(session, by, "make", "a-key-of-mine", b"one", AT)
    async with sessions.begin() as session:
        with pytest.raises(IdempotencyKeyReused):
            await claim(session, by, "make", "a-key-of-mine", b"two", AT)


async def test_a_key_is_one_departments_for_one_operation(
    sessions: db.Sessions, principal: Principals
) -> None:
    by = principal()
    async with sessions.begin() as session:
        mine = await claim(session, by, "make", "a-common-key", b"body", AT)
        other = await claim(session, by, "break", "a-common-key", b"body", AT)
        theirs = await claim(session, principal(), "make", "a-common-key", b"other", AT)
    assert [mine[1], other[1], theirs[1]] == [True] * 3
    assert len({mine[0], other[0], theirs[0]}) == 3
