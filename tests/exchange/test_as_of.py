"""A snapshot of the state at a sequence number or a moment, as long as that is kept."""

from datetime import timedelta
from io import BytesIO
from uuid import UUID

import polars as pl
import pytest
from sqlalchemy import select

from services.exchange.models import BatchKey, Cut, CutKind
from services.exchange.retention.trimming import Trimmer
from shared import clock
from tests.exchange.tables import HEADER, line
from tests.exchange.world import Json, World


def table(*numbers: int) -> bytes:
    return "\n".join([HEADER, *(line(n) for n in numbers)]).encode()


async def rows(world: World, told: Json) -> int:
    taken = [await world.fetch(file) for file in told["files"]]
    return sum(pl.read_parquet(BytesIO(data)).height for data in taken)


async def test_a_snapshot_is_of_the_state_at_a_number_or_a_moment(world: World) -> None:
    await world.publish(table(1, 2), key="batch-0001")
    between = clock.now()
    await world.publish(table(1, 2, 3), key="batch-0002")
    await world.publish(table(1, 2, 3, 4), key="batch-0003")
    holder = await world.grant("name", "uscc")
    newest = (await world.ask(holder, "snapshot")).json()
    first = (await world.ask(holder, "snapshot", at="1")).json()
    moment = (await world.ask(holder, "snapshot", as_of=between.isoformat())).json()
    second = (await world.ask(holder, "snapshot", at="2")).json()
    assert [told["sequence"] for told in (newest, first, moment, second)] == [3, 1, 1, 2]
    assert [await rows(world, told) for told in (newest, first, moment, second)] == [4, 2, 2, 3]
    # Whoever shows the data says of when it is.
    assert first["source"]["data_at"] == moment["source"]["data_at"]
    assert first["source"]["data_at"] < second["source"]["data_at"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"at": "2"}, 400, "version-unknown"),
        ({"as_of": "2020-01-01T00:00:00Z"}, 400, "version-unknown"),
        ({"at": "1", "as_of": "2030-01-01T00:00:00Z"}, 400, "version-ambiguous"),
        ({"at": "0"}, 422, "malformed"),
        ({"as_of": "2020-01-01T00:00:00"}, 422, "malformed"),
    ],
)
async def test_a_state_that_there_is_none_of_is_refused(
    world: World, query: dict[str, str], status: int, code: str
) -> None:
    await world.publish(table(1))
    holder = await world.grant("name", "uscc")
    refused = await world.ask(holder, "snapshot", **query)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_what_was_recalled_is_no_state_that_anybody_gets(world: World) -> None:
    await world.publish(table(1), key="batch-0001")
    wrong = await world.publish(table(1, 2), key="batch-0002")
    await world.correct(wrong["id"], "recall", {"reason": "导出时日期列错位"})
    await world.work()
    holder = await world.grant("name", "uscc")
    refused = await world.ask(holder, "snapshot", at="2")
    assert (refused.status_code, refused.json()["code"]) == (400, "version-recalled")
    told = (await world.ask(holder, "snapshot", at="3")).json()
    first = (await world.ask(holder, "snapshot", at="1")).json()
    assert await rows(world, told) == await rows(world, first) == 1
    assert told["source"]["data_at"] == first["source"]["data_at"]


async def test_history_older_than_its_provider_keeps_it_is_gone_with_what_was_cut_of_it(
    world: World,
) -> None:
    first = await world.publish(table(1), key="batch-0001")
    second = await world.publish(table(1, 2), key="batch-0002")
    third = await world.publish(table(1, 2, 3), key="batch-0003")
    holder = await world.grant("name", "uscc")
    for at in ("1", "2", "3"):
        await world.ask(holder, "snapshot", at=at)
    await world.ask(holder, "changes", after="0")
    path = f"/v1/resources/{world.resource}/history"
    async with world.call(world.provider) as client:
        told = (await client.get(path)).json()
        assert (told["kept_days"], told["oldest"], told["newest"]) == (None, 1, 3)
        told = (await client.put(path, json={"kept_days": 30})).json()
        assert (told["kept_days"], told["oldest"]) == (30, 1)

    trimmer = Trimmer(world.sessions, world.vault, world.dsn)
    now = clock.now()
    await trimmer.trim(now + timedelta(days=29))
    assert len(list(world.vault.batch(UUID(first["id"])).rglob("*.sealed"))) == 1
    # All three are older then: the newest stands, and what was before it goes.
    for _ in range(2):
        await trimmer.trim(now + timedelta(days=31))
    for gone in (first, second):
        assert list(world.vault.batch(UUID(gone["id"])).rglob("*.sealed")) == []
    async with world.sessions() as session:
        kept = set((await session.scalars(select(BatchKey.batch_id))).all())
        cuts = (await session.execute(select(Cut.kind, Cut.sequence))).all()
    assert kept == {UUID(third["id"])}
    assert [tuple(cut) for cut in cuts] == [(CutKind.SNAPSHOT, 3)]
    (said,) = await world.events("exchange.history-trimmed.v1")
    assert said["kept_from"] == 3

    refused = await world.ask(holder, "snapshot", at="2")
    assert (refused.status_code, refused.json()["code"]) == (400, "version-unknown")
    refused = await world.ask(holder, "changes", after="2")
    assert (refused.status_code, refused.json()["code"]) == (400, "history-not-kept")
    refused = await world.correct(third["id"], "recall", {"reason": "导出时日期列错位"})
    assert (refused.status_code, refused.json()["code"]) == (409, "batch-not-recallable")

    # What stands is whole, and goes on.
    whole = (await world.ask(holder, "snapshot")).json()
    assert await rows(world, whole) == 3
    assert whole["history"] == {"kept_days": 30, "kept_from": 3}
    await world.publish(table(2, 3), key="batch-0004")
    page = (await world.ask(holder, "changes", after="3")).json()
    assert [batch["sequence"] for batch in page["batches"]] == [4]
    assert await rows(world, (await world.ask(holder, "snapshot")).json()) == 2


async def test_only_its_provider_says_how_long_history_is_kept(world: World) -> None:
    stranger = world.principal()
    path = f"/v1/resources/{world.resource}/history"
    async with world.call(stranger) as client:
        assert (await client.get(path)).status_code == 404
        assert (await client.put(path, json={"kept_days": 1})).status_code == 404
    async with world.call(world.provider) as client:
        assert (await client.put(path, json={"kept_days": 0})).status_code == 422
        assert (await client.get(path)).json()["oldest"] is None
