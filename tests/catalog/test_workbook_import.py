"""The offline workbook comes in: drafts are made, changed or left alone, and bad cells marked."""

from dataclasses import replace

import pytest

from services.catalog.entry import Entry
from shared.events.catalog import UpdateCycle
from tests.catalog.entries import LEGAL, NOT_SHARED
from tests.catalog.imports import filled, hand_in, outcomes, problems, result, work
from tests.catalog.world import MakeWorld, World, refused, told


@pytest.mark.duty("D03", "baoji-2017 §9")
async def test_a_workbook_becomes_drafts_of_the_department_that_hands_it_in(world: World) -> None:
    job = await result(world, await hand_in(world, filled(("A-1", LEGAL), ("A-2", NOT_SHARED))))
    assert (job["state"], job["over"], job["reason"]) == ("applied", True, None)
    assert job["counts"]["created"] == 2
    listing = await world.listing()
    assert {(r["name"], r["state"]) for r in listing["items"]} == {
        (LEGAL.name, "draft"),
        (NOT_SHARED.name, "draft"),
    }
    assert {r["provider"]["id"] for r in listing["items"]} == {str(world.compiler.department)}
    said = [event["type"] for event in await world.said()]
    assert said.count("catalog.resource-drafted.v1") == 2
    assert said[0] == "catalog.import-received.v1"
    assert said[-1] == "catalog.import-finished.v1"


async def test_what_came_in_can_be_submitted(world: World) -> None:
    await result(world, await hand_in(world, filled(("A-1", LEGAL))))
    (draft,) = (await world.listing())["items"]
    assert told(await world.submit(draft["id"]), 200)["state"] == "submitted"


async def test_the_same_again_leaves_everything_untouched(world: World) -> None:
    workbook = filled(("A-1", LEGAL), ("A-2", NOT_SHARED))
    await result(world, await hand_in(world, workbook))
    before = (await world.listing())["items"]
    job = await result(world, await hand_in(world, workbook))
    assert (job["counts"]["unchanged"], job["counts"]["changed"]) == (2, 0)
    assert (await world.listing())["items"] == before


async def test_what_says_something_else_becomes_a_new_draft_version(world: World) -> None:
    await result(world, await hand_in(world, filled(("A-1", LEGAL))))
    (draft,) = (await world.listing())["items"]
    resource = draft["id"]
    told(await world.submit(resource), 200)
    told(await world.review(resource), 200)
    told(await world.review_secrecy(resource), 200)
    told(await world.publish(resource), 200)
    weekly = replace(LEGAL, update_cycle=UpdateCycle.WEEKLY)
    job = await result(world, await hand_in(world, filled(("A-1", weekly))))
    assert await outcomes(world, job) == {"A-1": "changed"}
    latest = told(await world.read(resource), 200)
    assert (latest["version"], latest["state"], latest["update_cycle"]) == (2, "draft", "weekly")
    others = told(await world.read(resource, world.stranger), 200)
    assert (others["version"], others["update_cycle"]) == (1, "daily")


async def test_all_or_nothing_lets_nothing_in_when_one_cell_is_bad(world: World) -> None:
    bad = replace(NOT_SHARED, legal_basis=None)
    job = await result(world, await hand_in(world, filled(("A-1", LEGAL), ("A-2", bad))))
    assert job["state"] == "refused"
    assert job["reason"]["code"] == "import-has-errors"
    assert (await world.listing())["items"] == []
    (problem,) = [p for p in await problems(world, job) if p["severity"] == "error"]
    assert problem["article"] == "baoji-2017 §15(1)"
    assert (problem["sheet"], problem["field"], problem["entry"]) == ("信息资源", "legal_basis", 1)
    assert problem["cell"] == "R4"
    assert "必填" in problem["zh"]
    assert "legal basis" in problem["en"]


async def test_good_rows_only_lets_the_good_ones_in(world: World) -> None:
    bad = replace(NOT_SHARED, legal_basis=None)
    workbook = filled(("A-1", LEGAL), ("A-2", bad))
    job = await result(world, await hand_in(world, workbook, mode="good-rows-only"))
    assert job["state"] == "applied"
    assert await outcomes(world, job) == {"A-1": "created", "A-2": "refused"}
    assert await world.names() == [LEGAL.name]


async def test_unfinished_entries_come_in_as_drafts_where_that_is_asked_for(world: World) -> None:
    workbook = filled(("A-1", Entry(name="停车场名录")))
    job = await result(world, await hand_in(world, workbook, unfinished=True))
    assert job["state"] == "applied"
    found = await problems(world, job)
    assert {p["severity"] for p in found} == {"warning"}
    assert {"abstract", "share_type"} <= {p["field"] for p in found}
    (draft,) = (await world.listing())["items"]
    refused(await world.submit(draft["id"]), 409, "entry-refused")


async def test_a_dry_run_tells_what_would_happen_and_changes_nothing(world: World) -> None:
    await result(world, await hand_in(world, filled(("A-1", LEGAL))))
    before = (await world.listing())["items"]
    changed = replace(LEGAL, update_cycle=UpdateCycle.WEEKLY)
    workbook = filled(("A-1", changed), ("A-2", NOT_SHARED))
    job = await result(world, await hand_in(world, workbook, dry_run=True))
    assert job["state"] == "checked"
    assert await outcomes(world, job) == {"A-1": "changed", "A-2": "created"}
    assert (await world.listing())["items"] == before


async def test_an_entry_under_review_is_refused_and_says_so(world: World) -> None:
    await result(world, await hand_in(world, filled(("A-1", LEGAL))))
    (draft,) = (await world.listing())["items"]
    told(await world.submit(draft["id"]), 200)
    changed = replace(LEGAL, update_cycle=UpdateCycle.WEEKLY)
    workbook = filled(("A-0", NOT_SHARED), ("A-1", changed))
    job = await result(world, await hand_in(world, workbook))
    assert (job["state"], job["reason"]["code"]) == ("refused", "import-has-errors")
    assert len((await world.listing())["items"]) == 1
    job = await result(world, await hand_in(world, workbook, mode="good-rows-only"))
    assert await outcomes(world, job) == {"A-0": "created", "A-1": "refused"}
    (problem,) = [p for p in await problems(world, job) if p["severity"] == "error"]
    assert problem["code"] == "resource-illegal-move"


async def test_a_repeat_of_the_key_answers_with_the_same_import(world: World) -> None:
    workbook = filled(("A-1", LEGAL))
    first = told(await hand_in(world, workbook, key="the-same-key"), 202)
    assert told(await hand_in(world, workbook, key="the-same-key"), 202)["id"] == first["id"]
    await work(world)
    again = told(await hand_in(world, workbook, key="the-same-key"), 202)
    assert (again["id"], again["state"]) == (first["id"], "applied")
    other = await hand_in(world, filled(("A-2", LEGAL)), key="the-same-key")
    refused(other, 409, "idempotency-key-reused")
    refused(
        await hand_in(world, workbook, key="the-same-key", dry_run=True),
        409,
        "idempotency-key-reused",
    )


async def test_a_stranger_cannot_tell_that_an_import_exists(world: World) -> None:
    job = await result(world, await hand_in(world, filled(("A-1", LEGAL))))
    stranger = world.as_(world.stranger)
    for path in ("", "/problems", "/entries", "/workbook"):
        refused(await stranger.get(f"/v1/imports/{job['id']}{path}"), 404, "import-unknown")
    assert told(await stranger.get("/v1/imports"), 200)["items"] == []


async def test_another_departments_identifiers_and_ids_mean_nothing(world: World) -> None:
    await result(world, await hand_in(world, filled(("A-1", LEGAL))))
    (mine,) = (await world.listing())["items"]
    theirs = replace(NOT_SHARED, name="税务处罚记录")
    workbook = filled(("A-1", theirs), (mine["id"], replace(theirs, name="税务登记注销记录")))
    answer = await hand_in(world, workbook, by=world.stranger)
    job = await result(world, answer, world.stranger)
    assert job["counts"]["created"] == 2
    assert (await world.listing())["items"] == [mine]


@pytest.mark.parametrize(
    ("rulebook", "state", "articles"),
    [
        ("baoji-2017", "refused", {"baoji-2017 §8"}),
        ("jiangsu-2012", "applied", set()),
    ],
)
async def test_the_same_workbook_is_judged_by_the_installations_rulebook(
    world_of: MakeWorld, rulebook: str, state: str, articles: set[str]
) -> None:
    world = await world_of(rulebook)
    entry = replace(LEGAL, openness=None)
    job = await result(world, await hand_in(world, filled(("A-1", entry))))
    assert job["state"] == state
    found = [p for p in await problems(world, job) if p["severity"] == "error"]
    assert {p["article"] for p in found} == articles


async def test_one_resource_is_not_stated_twice_in_one_workbook(world: World) -> None:
    await result(world, await hand_in(world, filled(("A-1", LEGAL))))
    (draft,) = (await world.listing())["items"]
    twice = filled(("A-1", LEGAL), (draft["id"], LEGAL), ("B-1", NOT_SHARED), ("B-1", NOT_SHARED))
    job = await result(world, await hand_in(world, twice, mode="good-rows-only"))
    repeated = [p["cell"] for p in await problems(world, job) if p["code"] == "key-repeated"]
    assert repeated == ["A4", "A6"]


async def test_two_rows_of_one_name_are_refused(world: World) -> None:
    same = replace(LEGAL, name="法人单位 基本信息")
    job = await result(world, await hand_in(world, filled(("A-1", LEGAL), ("A-2", same))))
    (problem,) = [p for p in await problems(world, job) if p["severity"] == "error"]
    assert (problem["code"], problem["cell"]) == ("name-taken", "B4")
