"""Changing an entry: nobody overwrites what they have not seen, and names stay unique."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.callers import Principals
from tests.catalog.world import CITY, World, divisions, entry, refused, told


async def test_an_edit_without_if_match_is_asked_for_it(world: World) -> None:
    resource = await world.draft()
    refused(await world.rewrite(resource, entry(), None), 428, "if-match-missing")


@pytest.mark.parametrize("etag", ['"2"', 'W/"1"', '"v1"', "1", '""', '"x", "y"'])
async def test_an_edit_of_another_state_is_refused(world: World, etag: str) -> None:
    resource = await world.draft()
    refused(await world.rewrite(resource, divisions(), etag), 412, "entry-changed")
    assert told(await world.read(resource), 200)["name"] == "法人单位基本信息"


@pytest.mark.parametrize("etag", ['"1"', '"0", "1"', "*"])
async def test_an_edit_of_the_state_that_was_read_replaces_all_of_it(
    world: World, etag: str
) -> None:
    made = await world.compile()
    assert made.headers["ETag"] == '"1"'
    assert made.headers["Location"] == f"/v1/resources/{made.json()['id']}"
    resource = made.json()["id"]
    changed = await world.rewrite(resource, divisions(), etag)
    assert changed.headers["ETag"] == '"2"'
    shown = told(changed, 200)
    assert [item["code"] for item in shown["items"]] == [
        "division_code",
        "division_name",
        "division_level",
        "parent_code",
    ]
    assert (shown["provider_unit"], shown["share_condition"]) == (None, None)
    assert told(await world.read(resource), 200) == shown


async def test_of_two_who_edit_at_once_one_is_told_to_read_again(world: World) -> None:
    resource = await world.draft()
    bodies = [entry(abstract=f"第{number}稿") for number in range(6)]
    answers = await asyncio.gather(*(world.rewrite(resource, body, '"1"') for body in bodies))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200, 412, 412, 412, 412, 412]
    kept = told(await world.read(resource), 200)
    assert kept["abstract"] == next(a.json()["abstract"] for a in answers if a.status_code == 200)
    assert len(await world.said()) == 2


async def test_a_step_that_was_decided_on_an_older_state_is_refused(world: World) -> None:
    resource = await world.submitted()
    seen = (await world.read(resource, world.reviewer)).headers["ETag"]
    told(await world.review(resource, "return", remarks="改"), 200)
    await world.change(resource, entry(abstract="悄悄改过的摘要"))
    told(await world.submit(resource), 200)
    answer = await world.take(
        resource, "review", world.reviewer, {"decision": "pass"}, If_Match=seen
    )
    refused(answer, 412, "entry-changed")


@pytest.mark.parametrize("state", ["submitted", "reviewed", "cleared"])
async def test_what_is_being_reviewed_is_not_changed(world: World, state: str) -> None:
    make = {"submitted": world.submitted, "reviewed": world.reviewed, "cleared": world.cleared}
    resource = await make[state]()
    etag = (await world.read(resource)).headers["ETag"]
    refused(await world.rewrite(resource, entry(), etag), 409, "resource-illegal-move")


@pytest.mark.parametrize("step", ["submit", "review", "clear", "publish", "withdraw"])
async def test_of_two_who_take_the_same_step_at_once_one_wins(world: World, step: str) -> None:
    make: dict[str, Callable[[], Awaitable[str]]] = {
        "submit": world.draft,
        "review": world.submitted,
        "clear": world.reviewed,
        "publish": world.cleared,
        "withdraw": world.published,
    }
    take: dict[str, Callable[[str], Awaitable[httpx.Response]]] = {
        "submit": world.submit,
        "review": world.review,
        "clear": world.review_secrecy,
        "publish": world.publish,
        "withdraw": world.withdraw,
    }
    resource = await make[step]()
    said = len(await world.said())
    answers = await asyncio.gather(*(take[step](resource) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert len(await world.said()) == said + 1


async def test_a_name_is_taken_whatever_spaces_and_punctuation_are_put_into_it(
    world: World,
) -> None:
    await world.published()
    resource = await world.draft(entry(name="法人 单位（基本）信息。"))
    problem = refused(await world.submit(resource), 409, "entry-refused")
    assert [(e["field"], e["code"]) for e in problem["errors"]] == [("name", "name-taken")]
    assert problem["article"] == "baoji-2017 §6 §9"


async def test_a_stranger_s_draft_takes_no_name(world: World) -> None:
    told(await world.compile(by=world.stranger), 201)
    await world.published()


async def test_a_withdrawn_resource_frees_its_name(world: World) -> None:
    told(await world.withdraw(await world.published()), 200)
    again = await world.published()
    assert told(await world.read(again), 200)["code"] == "102/000002"


async def test_the_next_version_keeps_its_own_name(world: World) -> None:
    resource = await world.published()
    await world.change(resource, entry(abstract="新的摘要。"))
    told(await world.submit(resource), 200)


async def test_of_two_departments_that_publish_under_one_name_at_once_one_wins(
    world: World, principal: Principals
) -> None:
    # Neither sees the other's entry before it is published, so both came this far.
    mine = await world.cleared()
    theirs = told(await world.compile(by=world.stranger), 201)["id"]
    told(await world.submit(theirs, by=world.stranger), 200)
    colleague = principal(department=world.stranger.department, region=CITY)
    told(await world.review(theirs, by=colleague), 200)
    third = principal(department=world.stranger.department, region=CITY)
    told(await world.review_secrecy(theirs, by=third, found=[]), 200)
    answers = await asyncio.gather(world.publish(mine), world.publish(theirs))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    loser = next(answer for answer in answers if answer.status_code == 409)
    assert [e["code"] for e in refused(loser, 409, "entry-refused")["errors"]] == ["name-taken"]


@pytest.mark.duty("D01", "baoji-2017 §8")
async def test_related_resources_are_in_the_catalogue(world: World) -> None:
    published, hidden = await world.published(), await world.draft(entry(name="未发布的信息"))
    resource = await world.draft(divisions(related=[published, hidden]))
    problem = refused(await world.submit(resource), 409, "entry-refused")
    assert [(e["field"], e["code"]) for e in problem["errors"]] == [
        ("related.1", "related-unknown")
    ]
    await world.change(resource, divisions(related=[published, published]))
    assert told(await world.submit(resource), 200)["related"] == [published]
