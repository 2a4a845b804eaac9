"""Suspension from others' data: only where the law knows it, by whom, when, and its effect."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from services.requests.consumers import on_department_registered
from shared import clock
from shared.events.catalog import ShareType
from shared.events.gateway import DepartmentRegistered
from shared.ids import new_id
from shared.principal import Permission, Principal
from tests.callers import Principals
from tests.requests.world import MONDAY, REGION, MakeWorld, World, published, refused, told

BEFORE = {"notified_on": "2026-02-02", "rectify_by": "2026-03-01"}


@pytest.fixture
def bureau(principal: Principals) -> Principal:
    """The coordinator of the city's competent authority."""
    return principal(
        Permission.SUSPENSION_MANAGE, Permission.REQUEST_READ, region=REGION, authority=REGION
    )


async def know(world: World, department: Principal) -> None:
    """Let the service hear of a department."""
    event = DepartmentRegistered(
        at=MONDAY,
        actor="operator:system",
        department=None,
        aggregate=department.department,
        name="示例市税务局",
        short_name="tax",
        credit_code="11610300016005030X",
        region=department.region,
        parent=None,
        is_authority=False,
    )
    async with world.sessions.begin() as session:
        await on_department_registered(session, event)


async def suspend(
    world: World, by: Principal, department: Principal, key: str | None = None, **changes: str
) -> httpx.Response:
    """Ask for the suspension of a department."""
    body = {
        "department": str(department.department),
        "violation": "outside-duties",
        "reason": "经通知未在期限内整改",
        **BEFORE,
    }
    return await world.as_(by).post(
        "/v1/suspensions",
        headers={"Idempotency-Key": key or f"key-{new_id()}"},
        json=body | changes,
    )


async def lift(world: World, by: Principal, suspension: str) -> httpx.Response:
    """Ask for a suspension's end."""
    path = f"/v1/suspensions/{suspension}/lift"
    return await world.as_(by).post(path, json={"reason": "已整改"})


@pytest.mark.duty("D27", "baoji-2017 §29")
async def test_a_suspended_department_cannot_ask_and_keeps_giving_until_it_is_lifted(
    world: World, bureau: Principal
) -> None:
    await know(world, world.tax)
    free = await world.resource(ShareType.UNCONDITIONAL)
    asked = await world.open_request()
    made = told(await suspend(world, bureau, world.tax), 201)
    assert (made["article"], made["in_force"], made["lifted_at"]) == (
        "baoji-2017 §29",
        True,
        None,
    )
    assert made["department_name"] == "示例市税务局"
    assert made["rulebook_version"].startswith("baoji-2017@")
    problem = refused(await world.ask(free), 403, "request-department-suspended")
    assert problem["article"] == "baoji-2017 §29"
    # It gives: it decides on what others ask of it, and others go on.
    own = await world.publish(published(provider=world.tax.department))
    given = told(await world.ask(own, by=world.market), 201)["id"]
    told(await world.approve(given, by=world.tax), 200)
    # What it asked before can be withdrawn, and read.
    told(await world.as_(world.tax).post(f"/v1/requests/{asked}/withdraw"), 200)
    lifted = told(await lift(world, bureau, made["id"]), 200)
    assert (lifted["in_force"], lifted["lifting_reason"]) == (False, "已整改")
    told(await world.ask(free), 201)
    said = [e for e in await world.said() if "suspen" in e["type"]]
    assert [e["type"] for e in said] == [
        "requests.department-suspended.v1",
        "requests.suspension-lifted.v1",
    ]
    assert [e["aggregateversion"] for e in said] == [1, 2]
    assert {e["data"]["suspended"] for e in said} == {str(world.tax.department)}
    assert {e["department"] for e in said} == {str(bureau.department)}


@pytest.mark.duty("D27", "jiangsu-2012 §33", "jiangsu-2017 §25", "yixing-2016 §30")
@pytest.mark.parametrize(
    ("rulebook", "article", "measure"),
    [
        ("jiangsu-2012", "jiangsu-2012 §33", "责令限期改正"),
        ("jiangsu-2017", "jiangsu-2017 §25", "通知整改"),
        ("yixing-2016", "yixing-2016 §30", "通报批评"),
    ],
)
async def test_a_rulebook_without_suspension_refuses_it_by_its_own_ladder(
    world_of: MakeWorld, bureau: Principal, rulebook: str, article: str, measure: str
) -> None:
    world = await world_of(rulebook)
    await know(world, world.tax)
    problem = refused(await suspend(world, bureau, world.tax), 409, "suspension-not-in-rulebook")
    assert problem["article"] == article
    assert measure in problem["detail"]
    assert await world.subjects() == []


@pytest.mark.duty("D27", "baoji-2017 §29")
async def test_suspension_comes_after_the_time_to_rectify(world: World, bureau: Principal) -> None:
    await know(world, world.tax)
    today = MONDAY.date()
    last = refused(
        await suspend(world, bureau, world.tax, rectify_by=today.isoformat()),
        409,
        "suspension-not-overdue",
    )
    assert last["article"] == "baoji-2017 §29"
    for changes in (
        {"notified_on": "2026-03-01", "rectify_by": "2026-02-28"},
        {"notified_on": "2026-03-03", "rectify_by": "2026-04-01"},
    ):
        answer = await suspend(world, bureau, world.tax, **changes)
        refused(answer, 409, "suspension-notice-impossible")
    unlisted = await suspend(world, bureau, world.tax, violation="displeasing")
    assert "outside-duties" in refused(unlisted, 409, "suspension-violation-unlisted")["detail"]
    with clock.turn(MONDAY + timedelta(days=1)):
        told(await suspend(world, bureau, world.tax, rectify_by=today.isoformat()), 201)


@pytest.mark.duty("D27", "baoji-2017 §29")
async def test_only_the_citys_authority_suspends_and_lifts(
    world: World, bureau: Principal, principal: Principals
) -> None:
    await know(world, world.tax)
    county = principal(region=f"{REGION}/610302", authority=f"{REGION}/610302")
    elsewhere = principal(region="320000/320200", authority="320000/320200")
    province = principal(region="610000", authority="610000")
    for other in (world.market, county, elsewhere, province):
        refused(await suspend(world, other, world.tax), 403, "suspension-not-the-authority")
    refused(await suspend(world, bureau, world.market), 404, "suspension-department-unknown")
    await know(world, bureau)
    refused(await suspend(world, bureau, bureau), 409, "suspension-own-department")
    made = told(await suspend(world, bureau, world.tax), 201)["id"]
    # The department sees it and cannot lift it; a stranger cannot tell that it exists.
    refused(await lift(world, world.tax, made), 403, "suspension-not-the-authority")
    for stranger in (world.market, county, elsewhere):
        refused(await lift(world, stranger, made), 404, "suspension-not-found")
        got = await world.as_(stranger).get(f"/v1/suspensions/{made}")
        refused(got, 404, "suspension-not-found")
        listed = told(await world.as_(stranger).get("/v1/suspensions"), 200)
        assert listed["items"] == []


async def test_it_is_done_once_and_lifted_once(world: World, bureau: Principal) -> None:
    await know(world, world.tax)
    made = told(await suspend(world, bureau, world.tax, key="suspend-tax"), 201)
    again = told(await suspend(world, bureau, world.tax, key="suspend-tax"), 200)
    assert again == made
    refused(await suspend(world, bureau, world.tax), 409, "suspension-in-force")
    told(await lift(world, bureau, made["id"]), 200)
    refused(await lift(world, bureau, made["id"]), 409, "suspension-lifted-already")
    second = told(await suspend(world, bureau, world.tax), 201)["id"]

    async def ids(**params: bool) -> list[str]:
        answer = await world.as_(world.tax).get("/v1/suspensions", params=params)
        return [item["id"] for item in told(answer, 200)["items"]]

    assert await ids() == [second, made["id"]]
    assert await ids(in_force=True) == [second]
    assert await ids(in_force=False) == [made["id"]]


async def test_of_two_at_the_same_moment_one_suspends(world: World, bureau: Principal) -> None:
    await know(world, world.tax)
    answers = await asyncio.gather(*[suspend(world, bureau, world.tax) for _ in range(4)])
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("POST", "/v1/suspensions", Permission.SUSPENSION_MANAGE),
        ("GET", "/v1/suspensions", Permission.REQUEST_READ),
        ("GET", "/v1/suspensions/{unknown}", Permission.REQUEST_READ),
        ("POST", "/v1/suspensions/{unknown}/lift", Permission.SUSPENSION_MANAGE),
    ],
)
async def test_every_operation_needs_its_permission_and_a_passport(
    world: World, principal: Principals, method: str, path: str, needed: Permission
) -> None:
    others = [permission for permission in Permission if permission is not needed]
    path = path.format(unknown=new_id())
    refused(await world.as_(principal(*others)).request(method, path), 403, "permission-missing")
    refused(await world.as_(None).request(method, path), 401, "passport-invalid")
