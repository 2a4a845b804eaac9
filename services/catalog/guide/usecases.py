"""What can be done with the service guide. One function a verb."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import names
from services.catalog import queries as catalogue
from services.catalog.guide import queries, rules
from services.catalog.guide.models import GuideService, GuideVersion
from services.catalog.guide.schemas import ConfirmBody, DescriptionView, EndBody, ServiceBody
from services.catalog.installation import Installation
from services.catalog.preconditions import EntryChanged, IfMatchMissing
from shared.errors import FieldError
from shared.idempotency import claim
from shared.outbox import emit
from shared.preconditions import matches
from shared.principal import Principal

_COMPILE: Final = "guide-service"


def etag(service: GuideService) -> str:
    """The ETag of a service as it stands."""
    return f'"{service.version}"'


def sides(service: GuideService, viewer: Principal) -> bool:
    """Whether the viewer is of its department or its authority; the department must be loaded."""
    region, authority = service.department.region + "/", viewer.authority
    oversees = authority is not None and region.startswith(authority + "/")
    return service.provider == viewer.department or oversees


async def compile_service(
    session: AsyncSession, by: Principal, here: Installation, key: str, body: ServiceBody
) -> tuple[GuideService, bool]:
    """A department describes what it offers the public; once for each `key`.

    Raises GuideNotInRulebook, ServiceNamesake, ServiceResourcesUnknown, ProviderUnknown and
    IdempotencyKeyReused.
    """
    act = here.act(by)
    rules.article_of(act.rulebook)
    sent = body.model_dump_json().encode()
    identity, new = await claim(session, by, _COMPILE, key, sent, act.at)
    if not new:
        return await queries.get(session, identity, by), False
    department = await catalogue.provider(session, by)
    name_key = await _check(session, department.id, body, None)
    service = GuideService(
        id=identity,
        provider=department.id,
        name_key=name_key,
        versions=[_description(1, body, by, act.at)],
    )
    session.add(service)
    emit(session, service.compiled(by))
    await session.flush()
    return await queries.get(session, identity, by), True


async def write(
    session: AsyncSession,
    by: Principal,
    here: Installation,
    service_id: UUID,
    body: ServiceBody,
    if_match: str | None,
) -> GuideService:
    """The department describes its service anew, for the authority to confirm.

    Raises ServiceUnknown, ServiceNotYours, ServiceStateUnfit, GuideNotInRulebook,
    ServiceNamesake, ServiceResourcesUnknown, IfMatchMissing and EntryChanged.
    """
    act = here.act(by)
    service = await _own(session, by, service_id)
    rules.article_of(act.rulebook)
    if if_match is None:
        raise IfMatchMissing("Send the ETag of the service that you read as If-Match.")
    _check_match(service, if_match)
    await catalogue.provider(session, by)
    name_key = await _check(session, service.provider, body, service.id)
    description = _description(service.latest + 1, body, by, act.at)
    emit(session, service.write(description, name_key, by))
    await session.flush()
    return service


async def confirm(
    session: AsyncSession,
    by: Principal,
    here: Installation,
    service_id: UUID,
    body: ConfirmBody,
    if_match: str | None,
) -> GuideService:
    """The authority puts the latest description into the guide, or sends it back.

    Raises ServiceUnknown, ServiceNotYours, ServiceStateUnfit, ServiceRemarksMissing,
    GuideNotInRulebook and EntryChanged.
    """
    act = here.act(by)
    service = await queries.lock(session, service_id, by)
    region = service.department.region + "/"
    if by.authority is None or not region.startswith(by.authority + "/"):
        raise rules.ServiceNotYours("The competent authority of the region confirms the guide.")
    rules.article_of(act.rulebook)
    if if_match is not None:
        _check_match(service, if_match)
    if body.decision == "return":
        emit(session, service.send_back(by, body.remarks or "", act.at))
        return service
    today = here.day_of(act.at)
    emit(session, service.publish(by, act.rulebook, today, _due(here, today), act.at))
    return service


async def keep(
    session: AsyncSession, by: Principal, here: Installation, service_id: UUID
) -> GuideService:
    """The department says that what stands in the guide is still right.

    Raises ServiceUnknown, ServiceNotYours, ServiceStateUnfit and GuideNotInRulebook.
    """
    act = here.act(by)
    service = await _own(session, by, service_id)
    rules.article_of(act.rulebook)
    today = here.day_of(act.at)
    emit(session, service.keep(by, today, _due(here, today), act.at))
    return service


async def end(
    session: AsyncSession, by: Principal, here: Installation, service_id: UUID, body: EndBody
) -> GuideService:
    """The department offers the service no more: it leaves the guide.

    Raises ServiceUnknown, ServiceNotYours and ServiceStateUnfit.
    """
    service = await _own(session, by, service_id)
    emit(session, service.end(by, body.reason, here.act(by).at))
    return service


async def history(
    session: AsyncSession, viewer: Principal, service_id: UUID
) -> list[DescriptionView]:
    """The descriptions of a service that the viewer may see, the latest first.

    Raises ServiceUnknown.
    """
    service = await queries.get(session, service_id, viewer)
    whole = sides(service, viewer)
    return [
        DescriptionView.of(version)
        for version in reversed(service.versions)
        if whole or version.published_at is not None
    ]


async def report_late(session: AsyncSession, here: Installation, at: datetime, most: int) -> int:
    """Say of services that nobody confirmed in time that they are overdue, once; return how many.

    None where the rulebook knows no guide.
    """
    today = here.day_of(at)
    if not rules.is_kept(here.in_force(today)):
        return 0
    late = await queries.lock_late(session, today, most)
    for service in late:
        emit(session, service.fall_overdue(at))
    return len(late)


async def remind(session: AsyncSession, here: Installation, at: datetime, most: int) -> int:
    """Remind of services to be confirmed soon, once; return how many."""
    today = here.day_of(at)
    if not rules.is_kept(here.in_force(today)):
        return 0
    near = await queries.lock_near(session, here.due(today, rules.REMINDER_DAYS).date, most)
    for service in near:
        emit(session, service.remind(at))
    return len(near)


async def _own(session: AsyncSession, by: Principal, service_id: UUID) -> GuideService:
    service = await queries.lock(session, service_id, by)
    if service.provider != by.department:
        raise rules.ServiceNotYours("The department that offers a service describes it.")
    return service


async def _check(session: AsyncSession, provider: UUID, body: ServiceBody, but: UUID | None) -> str:
    """The name as a key, free in the department; every related resource in the catalogue."""
    known = await queries.in_catalogue(session, body.resources)
    faults = [
        FieldError(f"resources.{number}", "unknown", "A resource in the catalogue.")
        for number, resource in enumerate(body.resources)
        if resource not in known
    ]
    if faults:
        raise rules.ServiceResourcesUnknown("These are not in the catalogue.", errors=faults)
    name_key = names.key(body.name)
    await queries.take_turn(session, provider, name_key)
    if await queries.namesake(session, provider, name_key, but) is not None:
        raise rules.ServiceNamesake("Your department has a service of that name; change that one.")
    return name_key


def _description(number: int, body: ServiceBody, by: Principal, at: datetime) -> GuideVersion:
    return GuideVersion(
        number=number,
        name=body.name,
        abstract=body.abstract,
        audience=body.audience,
        basis=body.basis,
        ways=[
            {"kind": way.kind.value, "address": way.address, "hours": way.hours}
            for way in body.channels
        ],
        resources=list(dict.fromkeys(body.resources)),
        written_at=at,
        written_by=by.actor,
    )


def _due(here: Installation, today: date) -> date:
    return rules.months_later(today, here.guide_months)


def _check_match(service: GuideService, if_match: str) -> None:
    if not matches(if_match, etag(service)):
        raise EntryChanged("The service was changed meanwhile; read it again.")
