"""Imports that are interrupted go on: nothing is lost, nothing is done twice."""

import asyncio
import contextlib
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from services.catalog.bulk import marking
from services.catalog.bulk.models import Import, ImportedEntry, ImportPart, ImportProblem
from services.catalog.installation import Installation
from shared import clock
from tests.catalog.entries import LEGAL
from tests.catalog.imports import filled, hand_in, outcomes, problems, result, work
from tests.catalog.world import World, refused, told

MANY = 250


def many(count: int = MANY) -> bytes:
    """A workbook of so many entries without items."""
    entries = [
        (f"A-{n}", replace(LEGAL, name=f"法人单位基本信息第{n}卷", items=LEGAL.items[:1]))
        for n in range(count)
    ]
    return filled(*entries)


async def job_of(world: World, identity: str) -> Import:
    """The import as the database has it now."""
    async with world.sessions() as session:
        return await session.get_one(Import, identity)


@pytest.mark.parametrize("mode", ["all-or-nothing", "good-rows-only"])
@pytest.mark.parametrize("after", [0.15, 0.6, 1.5])
async def test_a_worker_that_dies_on_the_way_leaves_nothing_half_and_nothing_twice(
    world: World, mode: str, after: float
) -> None:
    job = told(await hand_in(world, many(), mode=mode), 202)
    dying = asyncio.create_task(work(world))
    await asyncio.sleep(after)
    dying.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await dying
    meanwhile = len((await world.listing(limit=200))["items"])
    if mode == "all-or-nothing":
        assert meanwhile in (0, 200)
    await work(world)
    done = told(await world.as_(world.compiler).get(f"/v1/imports/{job['id']}"), 200)
    assert (done["state"], done["counts"]["created"]) == ("applied", MANY)
    said = [event["type"] for event in await world.said()]
    assert said.count("catalog.resource-drafted.v1") == MANY
    assert said.count("catalog.import-finished.v1") == 1


async def test_two_workers_do_not_carry_out_the_same_import(world: World) -> None:
    told(await hand_in(world, many(60)), 202)
    ended = await asyncio.gather(work(world), work(world))
    assert sorted(ended) == [0, 1]
    said = [event["type"] for event in await world.said()]
    assert said.count("catalog.resource-drafted.v1") == 60


async def test_progress_is_seen_while_it_is_applied(world: World) -> None:
    job = told(await hand_in(world, many()), 202)
    working = asyncio.create_task(work(world))
    seen = set()
    while not working.done():
        now = await job_of(world, job["id"])
        seen.add((now.state.value, now.done))
        await asyncio.sleep(0.01)
    await working
    assert {"reading", "applying"} <= {state for state, _ in seen}
    assert {done for state, done in seen if state == "applying"} > {0}
    ended = await job_of(world, job["id"])
    assert (ended.state.value, ended.done, ended.entries) == ("applied", MANY, MANY)


async def test_an_import_that_fails_again_and_again_ends_as_a_fault_of_the_platform(
    world: World,
) -> None:
    job = told(await hand_in(world, many(2)), 202)
    async with world.sessions.begin() as session:
        await session.execute(update(Import).values(attempt=10))
    await work(world)
    ended = told(await world.as_(world.compiler).get(f"/v1/imports/{job['id']}"), 200)
    assert (ended["state"], ended["reason"]["code"]) == ("failed", "platform-fault")


async def test_what_was_handed_in_goes_at_the_end_and_the_report_after_a_month(
    world: World,
) -> None:
    job = await result(world, await hand_in(world, many(2)))
    async with world.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(ImportPart)) == 0
    await marking.forget(world.sessions, clock.now() + marking.KEPT)
    assert await outcomes(world, job) == {}
    assert await problems(world, job) == []
    async with world.sessions() as session:
        for table in (ImportedEntry, ImportProblem):
            assert await session.scalar(select(func.count()).select_from(table)) == 0
    again = told(await world.as_(world.compiler).get(f"/v1/imports/{job['id']}"), 200)
    assert again["counts"]["created"] == 2


async def test_a_department_has_at_most_five_imports_waiting(world: World) -> None:
    for _ in range(5):
        told(await hand_in(world, b"PK"), 202)
    answer = await hand_in(world, b"PK")
    refused(answer, 429, "imports-full")
    assert int(answer.headers["Retry-After"]) > 0
    told(await hand_in(world, b"PK", by=world.stranger), 202)
    here: Installation = world.app.state.installation
    assert here.rulebook_id == "baoji-2017"
    await work(world)
    told(await hand_in(world, b"PK"), 202)


async def test_a_body_that_is_too_large_or_of_another_kind_is_refused(world: World) -> None:
    refused(await hand_in(world, bytes((32 << 20) + 1)), 413, "import-too-large")
    client = world.as_(world.compiler)
    headers = {"Idempotency-Key": "key-of-mine", "Content-Type": "text/csv"}
    answer = await client.post("/v1/catalogue/workbook", content=b"a,b", headers=headers)
    refused(answer, 415, "workbook-not-xlsx")
    answer = await client.put("/v1/catalogue/entries", content=b"a,b", headers=headers)
    refused(answer, 415, "entries-not-json")
