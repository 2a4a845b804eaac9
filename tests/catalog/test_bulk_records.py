"""System to system: many entries in one go, by the department's own identifiers."""

from dataclasses import replace

import orjson
import pytest

from shared.principal import PrincipalKind
from tests.catalog.imports import lines, outcomes, problems, result, send
from tests.catalog.world import Json, World, divisions, entry, refused, told


def record(key: str, base: Json | None = None, **changes: object) -> Json:
    """An entry as a system sends it."""
    return {**(entry() if base is None else base), "external_id": key, **changes}


@pytest.mark.duty("D03", "baoji-2017 §9")
async def test_a_system_makes_and_changes_entries_by_its_own_identifiers(world: World) -> None:
    first = lines(record("MR-1"), record("MR-2", divisions()))
    job = await result(world, await send(world, first))
    assert (job["way"], job["state"], job["counts"]["created"]) == ("system", "applied", 2)
    second = lines(record("MR-1"), record("MR-2", divisions(), update_cycle="monthly"))
    job = await result(world, await send(world, second))
    assert await outcomes(world, job) == {"MR-1": "unchanged", "MR-2": "changed"}
    (changed,) = [r for r in (await world.listing())["items"] if r["update_cycle"] == "monthly"]
    assert changed["version"] == 1  # A draft is rewritten; only what is published gets a next one.


async def test_what_is_published_gets_a_next_version_and_what_says_the_same_none(
    world: World,
) -> None:
    await result(world, await send(world, lines(record("MR-1"))))
    (draft,) = (await world.listing())["items"]
    for step in (world.submit, world.review, world.review_secrecy, world.publish):
        told(await step(draft["id"]), 200)
    await result(world, await send(world, lines(record("MR-1"))))
    assert told(await world.read(draft["id"]), 200)["version"] == 1
    await result(world, await send(world, lines(record("MR-1", abstract="另一摘要。"))))
    assert told(await world.read(draft["id"]), 200)["version"] == 2


async def test_a_json_array_is_taken_too(world: World) -> None:
    body = orjson.dumps([record("MR-1"), record("MR-2", divisions())])
    job = await result(world, await send(world, body, kind="application/json"))
    assert job["counts"]["created"] == 2


async def test_the_report_names_each_line_and_field(world: World) -> None:
    body = b"\n".join(
        [
            lines(record("MR-1")),
            b"{not json",
            lines(record("MR-3", divisions(), share_type="1")),
            lines({**divisions(name="另一份区划"), "external_id": 7}),
            lines(record("MR-5", divisions(name="第三份区划"), colour="red")),
            b"",
            b"[]",
        ]
    )
    job = await result(world, await send(world, body, mode="good-rows-only"))
    found = {(p["cell"], p["code"], p["field"]) for p in await problems(world, job)}
    assert {
        ("2", "record-unreadable", ""),
        ("3", "enum", "share_type"),
        ("4", "key-missing", "external_id"),
        ("5", "extra-forbidden", "colour"),
        ("6", "record-unreadable", ""),
    } <= found
    assert job["counts"]["created"] == 1


async def test_a_departments_system_may_do_it_and_is_named_as_the_compiler(world: World) -> None:
    system = replace(world.compiler, kind=PrincipalKind.CLIENT)
    await result(world, await send(world, lines(record("MR-1")), by=system))
    (event,) = [e for e in await world.said() if e["type"] == "catalog.resource-drafted.v1"]
    assert event["actor"] == system.actor


async def test_another_departments_entries_are_out_of_reach(world: World) -> None:
    await result(world, await send(world, lines(record("MR-1"))))
    (mine,) = (await world.listing())["items"]
    theirs = lines(
        record("MR-1", divisions(name="税务所辖区划")),
        record(mine["id"], divisions(name="税务分局名录")),
    )
    job = await result(world, await send(world, theirs, by=world.stranger), world.stranger)
    assert job["counts"]["created"] == 2
    assert told(await world.read(mine["id"]), 200)["name"] == mine["name"]


async def test_an_unknown_mapping_is_refused_before_anything_is_kept(world: World) -> None:
    refused(await send(world, b"{}", mapping="no-such"), 404, "mapping-unknown")
    assert told(await world.as_(world.compiler).get("/v1/imports"), 200)["items"] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "import-empty"),
        (b"[1, 2", "array-broken"),
        (b"[" + b" " * ((16 << 20) + 1) + b"]", "array-too-large"),
        (b"x" * ((4 << 20) + 1), "line-too-long"),
        (b"{}\n" * 10_001, "entries-too-many"),
    ],
    ids=["empty", "broken", "large array", "long line", "many"],
)
async def test_what_cannot_be_read_at_all_says_why(world: World, body: bytes, code: str) -> None:
    job = await result(world, await send(world, body))
    assert (job["state"], job["reason"]["code"]) == ("refused", code)
    assert job["counts"]["created"] == 0


@pytest.mark.parametrize(
    "hostile",
    [
        b'{"external_id": "a", "name": "\\u0000"}',
        b'{"external_id": "a", "name": "\\ud800"}',
        b'{"external_id": "\\u0001", "name": "x"}',
        b'{"external_id": "a", "name": "n", "items": [[[[[[[[1]]]]]]]]}',
        b'{"external_id": "a", "name": "n", "items": {"0": 1}, "classification": 5}',
        b'{"external_id": "a", "name": "n", "items": [{"length": 1e400}]}',
        b"[" * 100_000,
    ],
)
async def test_nothing_that_a_system_can_send_is_a_fault_of_ours(
    world: World, hostile: bytes
) -> None:
    job = await result(world, await send(world, hostile))
    assert job["state"] == "refused"
    assert job["reason"]["code"] != "platform-fault"
