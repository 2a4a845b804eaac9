"""Whoever follows a department sees what concerned it; the entries themselves never change."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.audit.appender import append
from shared.events import Event
from shared.events.catalog import ResourceHandedOver
from shared.events.gateway import DepartmentSucceeded, SuccessionKind
from shared.events.requests import GrantHandedOver
from shared.ids import new_id
from tests.audit.makers import AT, message, packed, parcels, record
from tests.audit.test_routes import ACCESS, CITY, OTHER, Site, department, listed, site
from tests.callers import Principals

__all__ = ["site"]


def succeeded(before: UUID, successor: UUID | None, *heirs: UUID) -> DepartmentSucceeded:
    return DepartmentSucceeded(
        at=AT,
        actor=f"operator:{new_id()}",
        department=None,
        aggregate=before,
        succession=new_id(),
        kind=SuccessionKind.SPLIT if len(heirs) > 1 else SuccessionKind.MERGE,
        owner=before,
        successor=successor,
        heirs=list(heirs),
        ended=True,
        effective_on=date(2026, 3, 2),
        basis="示例办发〔2026〕5号",
        resources=[],
        grants=[],
        members=[],
    )


def grant_to(site: Site, grantee: UUID) -> GrantHandedOver:
    return GrantHandedOver(
        at=AT,
        actor="service:requests",
        department=None,
        aggregate=site.grant,
        succession=new_id(),
        grant=site.grant,
        resource=site.resource,
        provider=site.provider,
        grantee=grantee,
    )


def resource_to(site: Site, provider: UUID) -> ResourceHandedOver:
    return ResourceHandedOver(
        at=AT,
        actor="service:catalog",
        department=None,
        aggregate=site.resource,
        succession=new_id(),
        resource=site.resource,
        provider=provider,
        formerly=site.provider,
        region=CITY,
    )


async def tell(site: Site, *events: Event, start: int = 10) -> None:
    await append(site.log, parcels(*(message(e, start + n) for n, e in enumerate(events))), AT)


@pytest.mark.duty("D24", "baoji-2017 §21")
async def test_the_heir_of_a_whole_sees_what_its_predecessor_saw(
    site: Site, principal: Principals
) -> None:
    heir, last = new_id(), new_id()
    before = await listed(site.as_(department(principal, site.grantee)))
    await tell(site, succeeded(site.grantee, heir, heir))
    assert (await listed(site.as_(department(principal, heir))))[-len(before) :] == before
    await tell(site, succeeded(heir, last, last), start=20)
    seen = await listed(site.as_(department(principal, last)))
    assert seen[-len(before) :] == before
    assert OTHER not in seen
    receipt = await site.as_(department(principal, last)).get(f"/v1/log/entries/{ACCESS}/receipt")
    assert receipt.status_code == 200
    assert await listed(site.as_(department(principal, new_id()))) == []


async def test_the_heir_of_a_part_sees_what_concerns_its_part(
    site: Site, principal: Principals
) -> None:
    whole, part, other = new_id(), new_id(), new_id()
    await tell(site, resource_to(site, part), succeeded(site.provider, whole, whole, part, other))
    assert ACCESS in await listed(site.as_(department(principal, part)))
    assert await listed(site.as_(department(principal, other))) == []
    assert ACCESS in await listed(site.as_(department(principal, whole)))


async def test_from_then_on_an_access_concerns_the_new_parties(
    site: Site, principal: Principals
) -> None:
    heir, provider = new_id(), new_id()
    await tell(site, grant_to(site, heir), resource_to(site, provider))
    caller = {"kind": "client", "id": str(new_id()), "department": str(heir)}
    access = record(7, principal=caller, grant=str(site.grant))
    await append(site.log, parcels(packed([access], place="2")), AT)
    newest = max(await listed(site.as_(department(principal, heir))))
    assert newest == 8
    assert newest not in await listed(site.as_(department(principal, site.grantee)))
    entry = (await site.as_(department(principal, heir)).get(f"/v1/log/entries/{newest}")).json()
    assert entry["entry"]["grantee"] == str(heir)


async def test_a_heir_that_is_no_id_stops_nothing(site: Site) -> None:
    event = succeeded(site.grantee, None)
    told = message(event, 10)
    bad = replace(told, body=told.body.replace(b'"heirs":[]', b'"heirs":["nobody",7]'))
    assert bad.body != told.body
    assert await append(site.log, parcels(bad), AT) == 1
