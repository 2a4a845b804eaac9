"""The inbox: an event that comes twice takes effect once."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared import db, inbox
from shared.events import Unreadable, parse
from shared.inbox import Consumer, on
from tests.shared.world import AT, Base, Died, Happened, Inbox, Parked, count, happened, message


class Effects:
    """A consumer that records in the database what it did, and dies when told to."""

    def __init__(self) -> None:
        self.dies = 0

    async def take(self, session: AsyncSession, event: Happened) -> None:
        """The effect is a row in the outbox table's neighbour, so that it can be counted."""
        session.add(Parked(subject="effect", body=event.word.encode(), reason="", parked_at=AT))
        if self.dies:
            self.dies -= 1
            raise Died

    def consumers(self) -> dict[str, Consumer]:
        return {Happened.subject: on(Happened, self.take)}


async def test_two_consumers_of_one_event_act_in_one_commit_or_not_at_all(
    sessions: db.Sessions,
) -> None:
    first, second = Effects(), Effects()
    both = inbox.by_subject([*first.consumers().values(), *second.consumers().values()])
    second.dies = 1
    with pytest.raises(Died):
        await inbox.receive(sessions, Base, parse(message("a", 1)), both, AT)
    assert await count(sessions, Parked) == 0
    assert await inbox.receive(sessions, Base, parse(message("a", 1)), both, AT)
    assert await count(sessions, Parked) == 2


async def test_an_event_that_comes_twice_takes_effect_once(sessions: db.Sessions) -> None:
    effects, told = Effects(), parse(message("a", 1))
    heard = effects.consumers()
    assert await inbox.receive(sessions, Base, told, heard, AT)
    assert not await inbox.receive(sessions, Base, told, heard, AT)
    assert await count(sessions, Parked) == 1


async def test_an_event_that_comes_twice_at_the_same_time_takes_effect_once(
    sessions: db.Sessions,
) -> None:
    effects, told = Effects(), parse(message("a", 1))
    heard = effects.consumers()
    found = await asyncio.gather(
        *[inbox.receive(sessions, Base, told, heard, AT) for _ in range(6)]
    )
    assert sorted(found) == [False] * 5 + [True]
    assert await count(sessions, Parked) == 1


async def test_an_effect_that_failed_is_no_effect_and_comes_again(sessions: db.Sessions) -> None:
    effects, told = Effects(), parse(message("a", 1))
    effects.dies = 1
    with pytest.raises(Died):
        await inbox.receive(sessions, Base, told, effects.consumers(), AT)
    assert (await count(sessions, Parked), await count(sessions, Inbox)) == (0, 0)
    assert await inbox.receive(sessions, Base, told, effects.consumers(), AT)
    assert (await count(sessions, Parked), await count(sessions, Inbox)) == (1, 1)


async def test_what_nobody_consumes_is_heard_all_the_same(sessions: db.Sessions) -> None:
    assert await inbox.receive(sessions, Base, parse(message("a", 4)), {}, AT)
    async with sessions() as session:
        assert await inbox.heard(session, Base, "/huitong/requests") == 4
        assert await inbox.heard(session, Base, "/huitong/catalog") == 0


async def test_a_parked_message_holds_back_how_far_its_source_was_heard(
    sessions: db.Sessions,
) -> None:
    for sequence in (1, 3):
        await inbox.receive(sessions, Base, parse(message("a", sequence)), {}, AT)

    async def heard() -> int:
        async with sessions() as session:
            return await inbox.heard(session, Base, "/huitong/requests")

    # Another source's does not; nor one whose name only begins alike.
    for subject in ("catalog.happened.v1", "requests-old.happened.v1"):
        await inbox.park(sessions, Base, subject, message("b", 1), "poison", AT)
    assert await heard() == 3
    await inbox.park(sessions, Base, "requests.happened.v1", message("b", 2), "poison", AT)
    assert await heard() == 1
    await inbox.park(sessions, Base, "requests.happened.v1", b"nobody can read this", "bad", AT)
    assert await heard() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"1",
        b"[]",
        b'"x"',
        b"{}",
        b"\xff",
        b"[" * 5000,
        message("a", 1).replace(b'"1.0"', b'"2.0"'),
        message("a", 1).replace(b'"1"', b'"one"'),
        message("a", 1).replace(b'"id":"', b'"id":"x'),
        message("a", 1).replace(b'"time":"', b'"time":"x'),
        b'{"specversion":"1.0","id":5,"source":"s","type":"t","time":"x","sequence":"1"}',
    ],
)
def test_what_is_no_event_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(body)


@pytest.mark.parametrize("data", [b"null", b"[]", b'"x"', b"{}", b'{"word":5}', b"[1]"])
def test_an_event_whose_data_does_not_fit_is_unreadable(data: bytes) -> None:
    body = message("a", 1).replace(b'{"word":"a"}', data)
    with pytest.raises(Unreadable):
        parse(body).event(Happened)


def test_an_event_travels_whole() -> None:
    event = happened("a").model_copy(update={"version": 3, "traceparent": "00-1-2-3"})
    told = parse(message("a", 7, event))
    assert told.event(Happened) == event.model_copy(update={"source_sequence": 7})
