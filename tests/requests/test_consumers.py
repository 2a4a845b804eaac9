"""What the service hears of resources and departments, each event once."""

from datetime import timedelta
from uuid import UUID

import orjson

from services.requests.base import Base
from services.requests.consumers import CONSUMERS
from services.requests.known import KnownDepartment
from shared import clock, events, inbox
from shared.events import Event
from shared.events.catalog import (
    ChangeAnnounced,
    ChangeCancelled,
    ChangeKind,
    ResourcePublished,
)
from shared.events.gateway import DepartmentRegistered
from shared.ids import new_id
from tests.requests.world import MONDAY, REGION, World, published, refused, told, withdrawn


async def hear(world: World, event: Event, sequence: int) -> bool:
    """Let an event arrive as the stream delivers it; returns whether it was new."""
    document = {
        **events.document(event),
        "source": f"/huitong/{event.subject.partition('.')[0]}",
        "sequence": str(sequence),
    }
    envelope = events.parse(orjson.dumps(document))
    consumers = {consumer.event.subject: consumer for consumer in CONSUMERS}
    return await inbox.receive(world.sessions, Base, envelope, consumers, clock.now())


def registered(department: UUID, name: str, version: int = 1) -> DepartmentRegistered:
    return DepartmentRegistered(
        at=MONDAY,
        actor="operator:registry",
        department=None,
        aggregate=department,
        version=version,
        name=name,
        short_name=name,
        credit_code="91320200MA1XXXXXXX",
        region=REGION,
        parent=None,
        is_authority=False,
    )


def announced(event: ResourcePublished, kind: ChangeKind, days: int) -> ChangeAnnounced:
    """What the catalogue says when a change of that resource is to come in some days."""
    at = MONDAY + timedelta(days=days)
    left = kind is ChangeKind.WITHDRAWAL
    return ChangeAnnounced(
        **withdrawn(event).model_dump(exclude={"id", "published", "remarks", "successors"})
        | {"resource_version": event.resource_version + (0 if left else 1)},
        change=new_id(),
        kind=kind,
        name=event.name,
        effective_on=at.date(),
        effective_at=at,
        reason="修改周期",
    )


def called_off(change: ChangeAnnounced) -> ChangeCancelled:
    """What the catalogue says when it is not to come."""
    same = change.model_dump(include=set(ChangeCancelled.model_fields) - {"id"})
    return ChangeCancelled.model_validate({**same, "reason": "暂缓"})


async def test_an_event_that_comes_twice_takes_effect_once(world: World) -> None:
    event = published(provider=world.market.department)
    assert await hear(world, event, 1)
    newer = published(
        provider=world.market.department,
        resource=event.resource,
        version=2,
        resource_version=2,
        items=["uscc", "address"],
    )
    assert await hear(world, newer, 2)
    assert not await hear(world, event, 1)
    request = told(await world.ask(event.resource, items=["address"]), 201)
    assert request["resource_version"] == 2
    refused(await world.ask(event.resource, items=["phone"]), 409, "request-items-unknown")


async def test_an_older_publication_that_arrives_late_changes_nothing(world: World) -> None:
    newer = published(provider=world.market.department, version=5, resource_version=2)
    older = published(
        provider=world.market.department, resource=newer.resource, version=3, items=["uscc"]
    )
    assert await hear(world, newer, 2)
    assert await hear(world, older, 1)
    assert told(await world.ask(newer.resource), 201)["resource_version"] == 2


async def test_a_withdrawal_moves_new_requests_to_negotiation_until_published_again(
    world: World,
) -> None:
    event = published(provider=world.market.department)
    await hear(world, event, 1)
    before = told(await world.ask(event.resource), 201)
    await hear(world, withdrawn(event), 2)
    after = told(await world.ask(event.resource, purpose="撤销之后"), 201)
    again = published(
        provider=world.market.department, resource=event.resource, version=3, resource_version=2
    )
    await hear(world, again, 3)
    anew = told(await world.ask(event.resource, purpose="重新发布之后"), 201)
    assert [r["state"] for r in (before, after, anew)] == ["submitted", "negotiating", "submitted"]


async def test_the_grants_of_a_resource_end_when_it_leaves_the_catalogue(world: World) -> None:
    event = published(provider=world.market.department)
    other = published(provider=world.market.department)
    await hear(world, event, 1)
    await hear(world, other, 2)
    grants = []
    for resource in (event.resource, other.resource):
        request = told(await world.ask(resource), 201)["id"]
        grants.append(told(await world.approve(request), 200)["grant"])
    leaving = withdrawn(event).model_copy(update={"remarks": "职能划转"})
    assert await hear(world, leaving, 3)
    assert not await hear(world, leaving, 3)
    seen = [told(await world.as_(world.tax).get(f"/v1/grants/{g}"), 200) for g in grants]
    assert [grant["state"] for grant in seen] == ["revoked", "active"]
    ended = [e for e in await world.said() if e["type"] == "requests.grant-revoked.v1"]
    assert [e["data"] for e in ended] == [
        {"grant": grants[0], "reason": "信息资源已撤回：职能划转"}
    ]
    assert ended[0]["actor"] == "operator:catalogue"


async def test_who_holds_a_grant_sees_what_is_announced_of_its_resource(world: World) -> None:
    event = published(provider=world.market.department)
    await hear(world, event, 1)
    request = told(await world.ask(event.resource), 201)["id"]
    grant = told(await world.approve(request), 200)["grant"]

    async def ahead() -> list[tuple[str, str]]:
        seen = told(await world.as_(world.tax).get(f"/v1/grants/{grant}"), 200)
        return [(change["kind"], change["reason"]) for change in seen["changes_ahead"]]

    leaving = announced(event, ChangeKind.WITHDRAWAL, days=30)
    revision = announced(event, ChangeKind.REVISION, days=10)
    for number, change in enumerate((leaving, revision), start=2):
        await hear(world, change, number)
    assert await ahead() == [("revision", "修改周期"), ("withdrawal", "修改周期")]
    newer = published(
        provider=world.market.department, resource=event.resource, version=4, resource_version=2
    )
    await hear(world, newer, 4)
    assert await ahead() == [("withdrawal", "修改周期")]
    await hear(world, called_off(leaving), 5)
    assert await ahead() == []
    await hear(world, announced(event, ChangeKind.WITHDRAWAL, days=40), 6)
    await hear(world, withdrawn(newer), 7)
    assert await ahead() == []


async def test_a_draft_that_was_given_up_is_no_withdrawal(world: World) -> None:
    event = published(provider=world.market.department)
    await hear(world, event, 1)
    await hear(world, withdrawn(event).model_copy(update={"published": None}), 2)
    assert told(await world.ask(event.resource), 201)["state"] == "submitted"
    unheard = withdrawn(published(provider=world.market.department))
    assert await hear(world, unheard, 3)
    refused(await world.ask(unheard.resource), 404, "request-resource-unknown")


async def test_departments_are_shown_by_the_name_last_heard(world: World) -> None:
    request = await world.open_request()
    assert (await world.read(request))["requester_name"] is None
    await hear(world, registered(world.tax.department, "示例市国家税务局"), 1)
    await hear(world, registered(world.market.department, "示例市市场监督管理局"), 2)
    await hear(world, registered(world.tax.department, "示例市税务局", version=2), 3)
    await hear(world, registered(world.tax.department, "更早的名称", version=1), 4)
    seen = await world.read(request)
    assert seen["requester_name"] == "示例市税务局"
    assert seen["provider_name"] == "示例市市场监督管理局"
    grant = told(await world.approve(request), 200)["grant"]
    shown = told(await world.as_(world.tax).get(f"/v1/grants/{grant}"), 200)
    assert (shown["grantee_name"], shown["provider_name"]) == (
        "示例市税务局",
        "示例市市场监督管理局",
    )
    async with world.sessions() as session:
        known = await session.get(KnownDepartment, world.tax.department)
    assert known is not None
    assert (known.heard, known.region) == (2, REGION)
