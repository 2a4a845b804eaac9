"""The circle of knowledge of a grant: who names it, who narrows it, and where the law wants one."""

from dataclasses import replace
from itertools import product
from uuid import UUID

import httpx
import pytest

from services.requests.circles import check_change, demanded_by, members
from shared import rulebooks
from shared.errors import DomainError
from shared.events.catalog import Grade, ShareType
from shared.ids import new_id
from shared.principal import Permission, Principal
from tests.callers import Principals
from tests.requests.world import MONDAY, REGION, Json, World, published, refused, told

ANNA, BERT, CARA = (UUID(int=n) for n in (1, 2, 3))


@pytest.mark.duty("D38", "baoji-2017 §15(4)")
@pytest.mark.parametrize(
    ("rulebook", "article"),
    [
        ("baoji-2017", "baoji-2017 §15(4)"),
        ("jiangsu-2012", None),
        ("jiangsu-2017", None),
        ("yixing-2016", None),
    ],
)
def test_a_circle_is_demanded_of_sensitive_grants_where_the_rulebook_says_so(
    rulebook: str, article: str | None
) -> None:
    law = rulebooks.load(rulebook, MONDAY.date())
    assert demanded_by(law, sensitive=True) == article
    assert demanded_by(law, sensitive=False) is None


@pytest.mark.duty("D38", "baoji-2017 §15(4)")
def test_the_provider_names_the_circle_and_the_grantee_only_narrows_it(
    principal: Principals,
) -> None:
    provider, grantee, other = principal(), principal(), principal()
    befores: tuple[list[UUID] | None, ...] = (None, [ANNA], [ANNA, BERT])
    afters = ([ANNA], [BERT], [ANNA, BERT], [ANNA, CARA])
    for by, before, after in product((provider, grantee, other), befores, afters):
        wider = before is not None and not set(after) <= set(before)
        expected = (
            "grant-circle-not-yours"
            if by is other
            else "grant-circle-widened"
            if by is grantee and wider
            else None
        )
        assert code_of(by, provider, grantee, before, after) == expected


def code_of(
    by: Principal,
    provider: Principal,
    grantee: Principal,
    before: list[UUID] | None,
    after: list[UUID],
) -> str | None:
    """The code of the refusal, None where the change is allowed."""
    try:
        check_change(
            by,
            provider=provider.department,
            grantee=grantee.department,
            before=before,
            after=after,
        )
    except DomainError as refusal:
        return refusal.code
    return None


def test_a_circle_holds_each_member_once() -> None:
    assert members([BERT, ANNA, BERT]) == [ANNA, BERT]
    assert members(None) is None


async def granted(world: World, circle: list[str] | None = None) -> Json:
    """A sensitive grant, as the tax department reads it."""
    event = published(provider=world.market.department, grade=Grade.SENSITIVE)
    request = told(await world.ask(await world.publish(event)), 201)["id"]
    approved = told(await world.approve(request, circle=circle), 200)
    return await read(world, approved["grant"])


async def read(world: World, grant: str) -> Json:
    """A grant as the tax department reads it."""
    return told(await world.as_(world.tax).get(f"/v1/grants/{grant}"), 200)


async def name(
    world: World, by: Principal, grant: str, circle: list[UUID], if_match: str | None = '"1"'
) -> httpx.Response:
    """Name the circle of a grant."""
    return await world.as_(by).put(
        f"/v1/grants/{grant}/circle",
        headers={} if if_match is None else {"If-Match": if_match},
        json={"circle": [str(member) for member in circle]},
    )


@pytest.mark.duty("D38", "baoji-2017 §15(4)")
async def test_the_provider_names_the_circle_when_it_approves(world: World) -> None:
    grant = await granted(world, circle=[str(BERT), str(ANNA), str(BERT)])
    assert grant["circle"] == [str(ANNA), str(BERT)]
    assert (grant["grade"], grant["circle_article"]) == ("sensitive", "baoji-2017 §15(4)")
    issued = (await world.said())[-1]
    assert issued["type"] == "requests.grant-issued.v1"
    assert issued["data"]["circle"] == [str(ANNA), str(BERT)]
    assert issued["data"]["circle_article"] == "baoji-2017 §15(4)"


@pytest.mark.duty("D38", "baoji-2017 §15(4)")
async def test_the_grantee_names_and_narrows_and_the_provider_may_widen(world: World) -> None:
    grant = await granted(world)
    assert (grant["circle"], grant["circle_article"]) == (None, "baoji-2017 §15(4)")
    named = await name(world, world.tax, grant["id"], [BERT, ANNA])
    assert told(named, 200)["circle"] == [str(ANNA), str(BERT)]
    assert named.headers["etag"] == '"2"'
    refused(await name(world, world.tax, grant["id"], [CARA], '"2"'), 409, "grant-circle-widened")
    told(await name(world, world.tax, grant["id"], [ANNA], '"2"'), 200)
    widened = told(await name(world, world.market, grant["id"], [CARA], '"3"'), 200)
    assert (widened["circle"], widened["version"]) == ([str(CARA)], 4)
    said = [e for e in await world.said() if e["type"] == "requests.grant-circle-changed.v1"]
    assert [(e["aggregateversion"], e["data"]["circle"]) for e in said] == [
        (2, [str(ANNA), str(BERT)]),
        (3, [str(ANNA)]),
        (4, [str(CARA)]),
    ]
    assert {e["subject"] for e in said} == {grant["id"]}


async def test_a_circle_is_changed_only_by_who_has_read_the_grant_as_it_is(world: World) -> None:
    grant = (await granted(world))["id"]
    answer = await world.as_(world.tax).get(f"/v1/grants/{grant}")
    assert answer.headers["etag"] == '"1"'
    refused(await name(world, world.tax, grant, [ANNA], None), 428, "grant-if-match-missing")
    refused(await name(world, world.tax, grant, [ANNA], '"7"'), 412, "grant-changed")
    refused(await name(world, world.tax, grant, [ANNA], 'W/"1"'), 412, "grant-changed")
    told(await name(world, world.tax, grant, [ANNA], '"7", "1"'), 200)
    assert told(await name(world, world.tax, grant, []), 422)["code"] == "malformed"


async def test_the_authority_reads_a_circle_and_a_stranger_cannot_tell_of_the_grant(
    world: World, principal: Principals
) -> None:
    grant = (await granted(world))["id"]
    authority = principal(region=REGION, authority=REGION)
    refused(await name(world, authority, grant, [ANNA]), 403, "grant-circle-not-yours")
    stranger = principal(region=REGION)
    refused(await name(world, stranger, grant, [ANNA]), 404, "grant-not-found")
    refused(await name(world, stranger, str(new_id()), [ANNA]), 404, "grant-not-found")
    clerk = replace(world.tax, permissions=frozenset(Permission) - {Permission.GRANT_NARROW})
    refused(await name(world, clerk, grant, [ANNA]), 403, "permission-missing")
    refused(await world.as_(None).put(f"/v1/grants/{grant}/circle"), 401, "passport-invalid")


async def test_a_revoked_grant_has_no_circle_to_name(world: World) -> None:
    grant = (await granted(world))["id"]
    told(
        await world.as_(world.market).post(f"/v1/grants/{grant}/revoke", json={"reason": "x"}), 200
    )
    refused(await name(world, world.tax, grant, [ANNA], "*"), 409, "grant-revoked-already")


async def test_an_ordinary_grant_is_its_departments_until_it_says_otherwise(world: World) -> None:
    request = told(await world.ask(await world.resource(ShareType.UNCONDITIONAL)), 201)
    grant = await read(world, request["grant"])
    assert (grant["circle"], grant["circle_article"]) == (None, None)
    assert told(await name(world, world.tax, grant["id"], [ANNA]), 200)["circle"] == [str(ANNA)]


@pytest.mark.duty("D37", "baoji-2017 §20")
async def test_a_grant_says_whether_it_carries_personal_data(world: World) -> None:
    event = published(provider=world.market.department, secret_items=["phone"])
    resource = await world.publish(event)
    for items, personal in ((["uscc", "phone"], True), (["uscc"], False)):
        request = told(await world.ask(resource, items=items, purpose=f"用途{personal}"), 201)["id"]
        # What needs no consent was granted at once; the rest the provider approves.
        known = await world.read(request)
        if known["grant"] is None:
            known = told(await world.approve(request), 200)
        grant = await read(world, known["grant"])
        assert grant["personal"] is personal
        issued = (await world.said())[-1]["data"]
        assert (issued["grant"], issued["personal"]) == (grant["id"], personal)
