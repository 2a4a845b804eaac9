"""The outbox: each step that leaves the process, failed and not done, failed and yet done."""

import asyncio
import contextlib
from random import Random

import pytest

from shared import db, outbox
from tests.shared.world import AT, Base, Died, Stream, emit, happened, relay


async def test_an_event_leaves_with_its_change_or_not_at_all(sessions: db.Sessions) -> None:
    with contextlib.suppress(Died):
        async with sessions.begin() as session:
            outbox.emit(session, happened("never"))
            raise Died
    await emit(sessions, "one")
    stream = Stream()
    assert await relay(sessions, stream) == 1
    subject, envelope, message_id = stream.messages[0]
    assert stream.told() == [(1, "one")]
    assert (subject, envelope.subject) == ("requests.happened.v1",) * 2
    assert message_id == str(envelope.id)
    assert envelope.source == "/huitong/requests"
    assert await relay(sessions, stream) == 0


async def test_a_crash_between_numbering_and_sending_changes_no_number(
    sessions: db.Sessions,
) -> None:
    await emit(sessions, "a", "b")
    assert await outbox.number(sessions, Base) == 2
    # The process ends here and another begins.
    await emit(sessions, "c")
    stream = Stream()
    await relay(sessions, stream)
    assert stream.told() == [(1, "a"), (2, "b"), (3, "c")]


async def test_failed_and_not_done_is_sent_later_under_its_number(sessions: db.Sessions) -> None:
    await emit(sessions, "a", "b", "c")
    stream = Stream(dies_before={"b"})
    with pytest.raises(Died):
        await relay(sessions, stream)
    await emit(sessions, "d")
    assert await relay(sessions, stream) == 4
    # What had arrived before the crash comes again; a reader drops it by its id.
    assert stream.told() == [(1, "a"), (1, "a"), (2, "b"), (3, "c"), (4, "d")]
    assert stream.messages[0][2] == stream.messages[1][2]


async def test_failed_and_yet_done_is_sent_again_under_the_same_number_and_id(
    sessions: db.Sessions,
) -> None:
    await emit(sessions, "a")
    stream = Stream(dies_after={"a"})
    with pytest.raises(Died):
        await relay(sessions, stream)
    assert await relay(sessions, stream) == 1
    assert stream.told() == [(1, "a"), (1, "a")]
    assert stream.messages[0][1].document == stream.messages[1][1].document


async def test_numbers_have_no_gap_whatever_commits_or_rolls_back_meanwhile(
    sessions: db.Sessions,
) -> None:
    chance = Random(7)  # noqa: S311 - only has to differ
    stream, done = Stream(), asyncio.Event()

    async def write(writer: int) -> int:
        kept = 0
        for turn in range(12):
            try:
                async with sessions.begin() as session:
                    for part in range(chance.randint(1, 3)):
                        outbox.emit(session, happened(f"{writer}-{turn}-{part}"))
                    await session.flush()
                    await asyncio.sleep(chance.random() / 100)
                    if chance.random() < 0.4:
                        raise Died
                    kept += part + 1
            except Died:
                continue
        return kept

    async def relay_meanwhile() -> None:
        while not done.is_set():
            await relay(sessions, stream, batch=5)
            await asyncio.sleep(0)

    relaying = [asyncio.create_task(relay_meanwhile()) for _ in range(2)]
    kept = sum(await asyncio.gather(*[write(n) for n in range(4)]))
    done.set()
    await asyncio.gather(*relaying)
    while await relay(sessions, stream):
        pass
    assert [number for number, _ in stream.told()] == list(range(1, kept + 1))
    assert len({envelope.id for _, envelope, _ in stream.messages}) == kept


async def test_a_second_relay_finds_the_first_at_work_and_sends_nothing(
    sessions: db.Sessions,
) -> None:
    await emit(sessions, "a")
    await outbox.number(sessions, Base)
    entered, release = asyncio.Event(), asyncio.Event()
    stream = Stream()

    async def slowly(subject: str, body: bytes, message_id: str) -> None:
        entered.set()
        await release.wait()
        await stream.publish(subject, body, message_id)

    first = asyncio.create_task(outbox.send(sessions, Base, "/huitong/requests", slowly, AT))
    await entered.wait()
    assert await outbox.send(sessions, Base, "/huitong/requests", stream.publish, AT) == 0
    release.set()
    assert await first == 1
    assert stream.told() == [(1, "a")]


async def test_the_watermark_says_what_was_sent_and_since_when_something_waits(
    sessions: db.Sessions,
) -> None:
    assert await outbox.watermark(sessions, Base) == (0, None)
    await emit(sessions, "a")
    assert await outbox.watermark(sessions, Base) == (0, AT)
    await relay(sessions, Stream())
    assert await outbox.watermark(sessions, Base) == (1, None)
    await emit(sessions, "b")
    await outbox.number(sessions, Base)
    assert await outbox.watermark(sessions, Base) == (1, AT)
