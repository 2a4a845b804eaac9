"""Departments follow one another: what was asked, granted and forbidden goes with them."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.requests.consumers import CONSUMERS, on_department_registered
from services.requests.suspensions import queries as suspensions
from shared import clock
from shared.events import Event
from shared.events.catalog import ResourceHandedOver, ShareType
from shared.events.gateway import (
    DepartmentChanged,
    DepartmentRegistered,
    DepartmentStatus,
    DepartmentSucceeded,
    Heir,
    SuccessionKind,
)
from shared.ids import new_id
from shared.principal import Principal
from tests.callers import Principals
from tests.requests.test_consumers import hear
from tests.requests.test_suspensions import bureau, suspend
from tests.requests.world import MONDAY, REGION, Json, World, published, refused, told

__all__ = ["bureau"]
BASIS = "示例办发〔2026〕5号"
_next = iter(range(1, 1000))


async def arrive(world: World, event: Event) -> None:
    """Let the service hear of it, as its worker would."""
    assert await hear(world, event, next(_next))


def registered(by: Principal, name: str) -> DepartmentRegistered:
    return DepartmentRegistered(
        at=MONDAY,
        actor="operator:registry",
        department=None,
        aggregate=by.department,
        name=name,
        short_name="a-name",
        credit_code="11610300016005030X",
        region=by.region,
        parent=None,
        is_authority=False,
    )


def changed(
    by: Principal, name: str, status: DepartmentStatus = DepartmentStatus.ACTIVE
) -> DepartmentChanged:
    return DepartmentChanged(
        **registered(by, name).model_dump(exclude={"version", "id"}),
        version=2,
        owner=by.department,
        formerly="以前的名称",
        status=status,
        since=MONDAY,
        basis=BASIS,
    )


def succeeded(before: Principal, after: Principal | None, **otherwise: Any) -> DepartmentSucceeded:
    told_: dict[str, Any] = {
        "at": clock.now(),
        "actor": "operator:registry",
        "department": None,
        "aggregate": before.department,
        "succession": new_id(),
        "kind": SuccessionKind.MERGE,
        "owner": before.department,
        "successor": after.department if after else None,
        "heirs": [after.department] if after else [],
        "ended": True,
        "effective_on": date(2026, 3, 2),
        "basis": BASIS,
        "resources": [],
        "grants": [],
        "members": [],
    }
    return DepartmentSucceeded(**(told_ | otherwise))


def handed_over(resource: UUID, after: Principal, version: int = 2) -> ResourceHandedOver:
    return ResourceHandedOver(
        at=clock.now(),
        actor="service:catalog",
        department=None,
        aggregate=resource,
        version=version,
        succession=new_id(),
        resource=resource,
        provider=after.department,
        formerly=new_id(),
        region=after.region,
    )


@pytest.fixture
def civil(principal: Principals) -> Principal:
    """A third department."""
    return principal(region=REGION)


async def grants(world: World, by: Principal) -> list[Json]:
    return list(told(await world.as_(by).get("/v1/grants"), 200)["items"])


async def known(world: World, *departments: tuple[Principal, str]) -> None:
    async with world.sessions.begin() as session:
        for by, name in departments:
            await on_department_registered(session, registered(by, name))


async def test_what_a_department_held_and_asked_for_goes_to_whoever_follows_it(
    world: World, civil: Principal
) -> None:
    await known(world, (world.tax, "示例市税务局"), (civil, "示例市民政局"))
    approved, asked = await world.open_request(), await world.open_request()
    told(await world.approve(approved), 200)
    due = (await world.read(asked))["due_on"]
    await arrive(world, changed(world.tax, "示例市税务局", DepartmentStatus.MERGED))
    await arrive(world, succeeded(world.tax, civil))
    (grant,) = await grants(world, civil)
    assert grant["grantee"] == str(civil.department)
    assert grant["grantee_name"] == "示例市民政局"
    request = await world.read(asked, by=civil)
    assert (request["requester"], request["state"]) == (str(civil.department), "submitted")
    assert request["due_on"] == due
    told(await world.approve(asked), 200)
    assert {g["grantee"] for g in await grants(world, civil)} == {str(civil.department)}
    # What was decided before is read under the name of its time, by whoever follows too.
    past = await world.read(approved, by=civil)
    assert (past["requester"], past["requester_name"]) == (
        str(world.tax.department),
        "示例市税务局",
    )
    listed = told(await world.as_(civil).get("/v1/requests?role=requester"), 200)["items"]
    assert {r["id"] for r in listed} == {approved, asked}


async def test_a_department_that_ended_asks_no_more(world: World, civil: Principal) -> None:
    resource = await world.resource()
    await known(world, (world.tax, "示例市税务局"))
    await arrive(world, changed(world.tax, "示例市税务局", DepartmentStatus.MERGED))
    refused(await world.ask(resource), 409, "request-requester-ended")


async def test_what_was_granted_and_asked_of_a_resource_follows_it(
    world: World, civil: Principal
) -> None:
    event = published(provider=world.market.department)
    await world.publish(event)
    approved = str(told(await world.ask(event.resource), 201)["id"])
    told(await world.approve(approved), 200)
    open_ = str(told(await world.ask(event.resource, purpose="另一用途"), 201)["id"])
    await arrive(world, handed_over(event.resource, civil))
    (grant,) = await grants(world, world.tax)
    assert grant["provider"] == str(civil.department)
    refused(await world.approve(open_, by=world.market), 404, "request-not-found")
    told(await world.approve(open_, by=civil), 200)
    assert (await world.read(approved))["provider"] == str(world.market.department)
    revoked = await world.as_(civil).post(
        f"/v1/grants/{grant['id']}/revoke", json={"reason": "职能已调整"}
    )
    assert revoked.status_code == 200
    assert (await world.subjects()).count("requests.grant-handed-over.v1") == 1
    assert (await world.subjects()).count("requests.request-handed-over.v1") == 1


async def test_a_hand_over_that_comes_late_changes_nothing(world: World, civil: Principal) -> None:
    event = published(provider=world.market.department, version=5)
    await world.publish(event)
    await arrive(world, handed_over(event.resource, civil, version=4))
    open_ = str(told(await world.ask(event.resource), 201)["id"])
    assert (await world.read(open_))["provider"] == str(world.market.department)


async def test_a_department_needs_no_grant_on_what_becomes_its_own(world: World) -> None:
    """Consumer merges into provider, and provider into consumer: in either order of hearing."""
    event = published(provider=world.market.department)
    await world.publish(event)
    approved = str(told(await world.ask(event.resource), 201)["id"])
    told(await world.approve(approved), 200)
    open_ = str(told(await world.ask(event.resource, purpose="另一用途"), 201)["id"])
    await arrive(world, succeeded(world.tax, world.market))
    assert (await grants(world, world.market))[0]["state"] == "revoked"
    assert (await world.read(open_, by=world.market))["state"] == "withdrawn"
    other = await world.resource(ShareType.CONDITIONAL)
    again = str(told(await world.ask(other), 201)["id"])
    await arrive(world, handed_over(other, world.tax))
    assert (await world.read(again))["state"] == "withdrawn"


async def test_without_an_heir_grants_end_and_requests_lapse(world: World) -> None:
    approved, asked = await world.open_request(), await world.open_request()
    told(await world.approve(approved), 200)
    await arrive(world, succeeded(world.tax, None, kind=SuccessionKind.ABOLISH))
    (grant,) = await grants(world, world.market)
    assert grant["state"] == "revoked"
    assert (await world.read(asked))["state"] == "withdrawn"


async def test_a_split_gives_each_grant_to_its_own_heir(
    world: World, civil: Principal, principal: Principals
) -> None:
    other = principal(region=REGION)
    first, second = await world.open_request(), await world.open_request()
    held = {str(told(await world.approve(r), 200)["grant"]) for r in (first, second)}
    named, rest = sorted(held)
    await arrive(
        world,
        succeeded(
            world.tax,
            civil,
            kind=SuccessionKind.SPLIT,
            heirs=[civil.department, other.department],
            grants=[Heir(thing=UUID(named), successor=other.department)],
        ),
    )
    assert [g["id"] for g in await grants(world, other)] == [named]
    assert rest in [
        g["id"] for g in await grants(world, civil) if g["grantee"] == str(civil.department)
    ]


async def test_one_of_two_requests_for_the_same_is_enough(world: World, civil: Principal) -> None:
    resource = await world.resource()
    mine = str(told(await world.ask(resource), 201)["id"])
    theirs = str(told(await world.ask(resource, by=civil), 201)["id"])
    await arrive(world, succeeded(world.tax, civil))
    assert (await world.read(theirs, by=civil))["state"] == "submitted"
    assert (await world.read(mine, by=civil))["state"] == "withdrawn"


@pytest.mark.duty("D27", "baoji-2017 §29")
async def test_a_suspended_department_leaves_its_suspension_to_whoever_follows(
    world: World, civil: Principal, bureau: Principal
) -> None:
    await known(world, (world.tax, "示例市税务局"), (civil, "示例市民政局"))
    request = await world.open_request()
    told(await world.approve(request), 200)
    first = told(await suspend(world, bureau, world.tax), 201)
    await arrive(world, succeeded(world.tax, civil))
    async with world.sessions() as session:
        passed = await suspensions.in_force(session, civil.department)
    assert passed is not None
    assert (str(passed.continues), passed.article) == (first["id"], "baoji-2017 §29")
    refused(await world.ask(await world.resource(), by=civil), 403, "request-department-suspended")
    # Whoever hears both lets nothing flow in between: the suspension is told before the grant.
    subjects = await world.subjects()
    assert subjects.index("requests.grant-handed-over.v1") > len(subjects) - 1 - subjects[
        ::-1
    ].index("requests.department-suspended.v1")
    path = f"/v1/suspensions/{passed.id}/lift"
    told(await world.as_(bureau).post(path, json={"reason": "已整改"}), 200)
    told(await world.ask(await world.resource(), by=civil), 201)
    await arrive(world, changed(world.tax, "示例市税务局", DepartmentStatus.MERGED))
    assert (await suspend(world, bureau, world.tax)).status_code == 409


async def test_what_is_decided_keeps_the_name_of_its_time(world: World) -> None:
    await known(world, (world.tax, "示例市地方税务局"), (world.market, "示例市工商局"))
    decided, open_ = await world.open_request(), await world.open_request()
    told(await world.approve(decided), 200)
    await arrive(world, changed(world.tax, "示例市税务局"))
    assert (await world.read(decided))["requester_name"] == "示例市地方税务局"
    assert (await world.read(decided))["provider_name"] == "示例市工商局"
    assert (await world.read(open_))["requester_name"] == "示例市税务局"
    told(await world.approve(open_), 200)
    later = replace(world.tax)
    event = changed(later, "示例市税务总局").model_copy(update={"version": 3})
    await arrive(world, event)
    assert (await world.read(open_))["requester_name"] == "示例市税务局"
    assert (await world.read(decided))["requester_name"] == "示例市地方税务局"


async def test_whoever_follows_through_a_chain_sees_what_the_first_one_did(
    world: World, civil: Principal, principal: Principals
) -> None:
    last, stranger = principal(region=REGION), principal(region=REGION)
    request = await world.open_request()
    told(await world.refuse(request, reasons="不在共享范围内"), 200)
    await arrive(world, succeeded(world.tax, civil))
    await arrive(world, succeeded(civil, last))
    assert (await world.read(request, by=last))["requester"] == str(world.tax.department)
    gone: httpx.Response = await world.as_(stranger).get(f"/v1/requests/{request}")
    refused(gone, 404, "request-not-found")


def test_every_event_of_a_succession_is_heard() -> None:
    heard = {consumer.event for consumer in CONSUMERS}
    assert {DepartmentChanged, DepartmentSucceeded, ResourceHandedOver} <= heard
