"""What is settled about who collects what. One function a verb."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import queries as catalogue
from services.catalog.installation import Installation
from services.catalog.models import ResourceVersion
from services.catalog.sources import datum, queries, rules, rulings
from services.catalog.sources.datum import Sameness
from services.catalog.sources.models import CollectionRuling, SecondaryItem, stated
from services.catalog.sources.schemas import CollectionRulingBody, SecondaryBody
from services.catalog.workflow import Act
from shared.errors import FieldError
from shared.idempotency import claim
from shared.outbox import emit
from shared.principal import Principal

_RULE = "collection-ruling"


async def rule(
    session: AsyncSession,
    by: Principal,
    here: Installation,
    key: str,
    body: CollectionRulingBody,
) -> tuple[CollectionRuling, bool]:
    """Say who leads in collecting a datum in the caller's region; once a `key`.

    Raises CollectionNotTheAuthority, CollectorUnfit, CollectionBasisUnfit and
    IdempotencyKeyReused.
    """
    act = here.act(by)
    if by.authority is None:
        raise rules.CollectionNotTheAuthority(
            "The competent authority of a region says who collects what.",
            article=act.rulebook.collection_assigned_by.article,
        )
    sent = body.model_dump_json().encode()
    identity, new = await claim(session, by, _RULE, key, sent, act.at)
    if not new:
        return await rulings.get(session, identity, by), False
    named = {body.lead, *body.permitted}
    unfit = named - await queries.overseen(session, named, by)
    if unfit:
        raise rules.CollectorUnfit(
            "Name registered departments of your region.",
            errors=[FieldError("lead", "unknown", str(one)) for one in sorted(unfit)],
        )
    if body.basis is not None:
        rules.check_basis(act.rulebook, body.basis.kind)
    sameness = Sameness.NAME if body.element is None else Sameness.ELEMENT
    told = body.element or body.name or ""
    folded = told if sameness is Sameness.ELEMENT else datum.key(told)
    await queries.one_at_a_time(session)
    before = await rulings.standing(session, sameness, folded, by.authority)
    if before is not None:
        before.supersede(act.at)
        await session.flush()
    lead = await catalogue.find_department(session, body.lead)
    if lead is None:
        raise rules.CollectorUnfit("Name registered departments of your region.")
    ruling = CollectionRuling(
        id=identity,
        by=sameness,
        datum=folded,
        named=told,
        region=by.authority,
        lead=body.lead,
        department=lead,
        permitted=list(dict.fromkeys(body.permitted)),
        basis_kind=body.basis.kind if body.basis else None,
        basis_citation=body.basis.citation if body.basis else None,
        remarks=body.remarks,
        rulebook=act.rulebook.id,
        rulebook_version=act.rulebook.version,
        ruled_at=act.at,
        ruled_by=by.actor,
    )
    session.add(ruling)
    emit(session, ruling.ruled(act))
    return ruling, True


async def state_secondary(
    session: AsyncSession, by: Principal, here: Installation, resource: UUID, body: SecondaryBody
) -> ResourceVersion:
    """Say of items of a resource that its provider collects them second.

    What was said before stays as it was said. Raises ResourceUnknown, SecondaryNotYours and
    SecondaryItemUnknown.
    """
    act = here.act(by)
    version = await catalogue.lock(session, resource, by)
    if by.department != version.resource.provider:
        raise rules.SecondaryNotYours("The providing department states what it collects second.")
    items = {item.code: item for item in version.items}
    unknown = [(n, code) for n, code in enumerate(body.items) if code not in items]
    if unknown:
        raise rules.SecondaryItemUnknown(
            "Name items of the resource by their codes.",
            errors=[FieldError(f"items.{n}", "unknown", code) for n, code in unknown],
        )
    known = await queries.secondary(session, resource)
    new = [code for code in dict.fromkeys(body.items) if code not in known]
    for code in new:
        session.add(SecondaryItem.stated(version, items[code], body.remarks, act))
    if new:
        emit(session, stated(version, new, act))
    return version


async def check(
    session: AsyncSession, version: ResourceVersion, before: int | None, act: Act
) -> None:
    """Refuse what repeats another department's basic items while nobody settled who leads.

    `before` is the number of the version that was in the catalogue until now: its items are not
    asked about again.
    Where the rulebook forbids no repeated collection, or in principle only, nothing is refused.
    Raises CollectionUnsettled.
    """
    if not rules.binds(act.rulebook):
        return
    await queries.one_at_a_time(session)
    positions = await queries.repeated(session, version, before)
    if not positions:
        return
    resource = version.resource
    second = await queries.secondary(session, resource.id)
    ruled = await rulings.on(session, version.items, resource.department.region)
    unsettled = [
        (item.position, item.name)
        for item in version.items
        if item.position in positions
        and item.code not in second
        and not _settled(ruled.get(item.position), resource.provider)
    ]
    rules.check_settled(unsettled, act.rulebook)


def _settled(ruling: CollectionRuling | None, provider: UUID) -> bool:
    return ruling is not None and ruling.settles(provider)
