"""What can be done with old grants. One function a verb."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.requests import granting, parties
from services.requests import queries as cases
from services.requests.granting import Path
from services.requests.jurisdiction import Jurisdiction, Moment
from services.requests.models import ShareRequest
from services.requests.schemas import QuotaTerms
from services.requests.takeover import queries, rules
from services.requests.takeover.models import FormerGrant
from services.requests.takeover.rules import Known, TakeoverState, Terms
from services.requests.takeover.schemas import (
    ConfirmBody,
    EndBody,
    FaultView,
    OldGrantBody,
    TakeoverGrantsBody,
    TakeoverReport,
)
from services.requests.usecases import issue
from services.requests.workflow import State
from shared.errors import FieldError
from shared.ids import new_id
from shared.outbox import emit
from shared.principal import Principal


async def rehearse(
    session: AsyncSession, by: Principal, law: Jurisdiction, body: TakeoverGrantsBody
) -> TakeoverReport:
    """What would come of these old grants; nothing is kept. Raises GrantTakeoverNotTheAuthority."""
    fresh, known, faults = await _judged(session, by, law.now(), body)
    views = [FaultView.of(fault) for fault in faults]
    return TakeoverReport(new=len(fresh), known=known, faults=views, applied=False)


async def bring_in(
    session: AsyncSession, by: Principal, law: Jurisdiction, body: TakeoverGrantsBody
) -> TakeoverReport:
    """Let these old grants wait for their providers, all or none; what is known stays.

    Raises GrantTakeoverNotTheAuthority, GrantTakeoverUnfit with all that is wrong.
    """
    fresh, known, faults = await _judged(session, by, law.now(), body)
    if faults:
        raise rules.GrantTakeoverUnfit(
            f"{len(body.grants) - len(fresh) - known} of the {len(body.grants)} old grants cannot "
            "be taken over; none was.",
            errors=faults,
        )
    for former, provider in fresh:
        session.add(former)
        emit(session, former.proposed(by, provider))
    return TakeoverReport(new=len(fresh), known=known, faults=[], applied=True)


async def confirm(
    session: AsyncSession, by: Principal, law: Jurisdiction, takeover: UUID, body: ConfirmBody
) -> FormerGrant:
    """Let an old grant go on as a grant, no wider than it was.

    Raises GrantTakeoverUnknown, NotTheProvider, GrantTakeoverOwn, GrantTakeoverSettled,
    GrantTakeoverStale, GrantTakeoverWidened, ItemsNotRequested, ItemsUnknown, ValidityPast.
    """
    now = law.now()
    former = await queries.lock(session, takeover, by)
    resource = await cases.lock_resource(session, former.resource_id)
    parties.check_provider(by, resource.provider)
    rules.check_second_person(by, former.proposed_by)
    rules.check_waiting(former.state)
    stands = former.grantee in await queries.standing(session, [former.grantee])
    rules.check_stands(Known(resource.provider, resource.offer, stands), former.grantee)
    items = granting.narrowed(former.items, body.items)
    chosen = granting.chosen(resource.offer, items)
    terms = rules.narrowed(former.terms, body.terms)
    granting.check_validity(now.at, terms.valid_until)
    rulebook = law.in_force(now.today)
    # The request that a grant stands on: nobody submitted it, so only its outcome is told.
    request = ShareRequest(
        id=new_id(),
        requester=former.grantee,
        provider=resource.provider,
        provider_region=resource.region,
        resource_id=resource.id,
        resource_version=resource.version,
        resource_code=resource.code,
        resource_name=resource.name,
        grade=resource.grade,
        sensitive=granting.is_sensitive(resource.offer, chosen),
        duty=former.basis,
        purpose=former.purpose,
        items=former.items,
        path=Path.TAKEOVER,
        state=State.SUBMITTED,
        submitted_at=former.proposed_at,
        submitted_by=former.proposed_by,
        rulebook=rulebook.id,
        rulebook_version=rulebook.version,
    )
    approval = request.approve(
        by, items=items, valid_until=terms.valid_until, remarks=body.remarks, at=now.at
    )
    session.add(request)
    grant = issue(session, request, resource, approval, body.circle, _quota(terms))
    grant.former_platform, grant.former_reference = former.platform, former.reference
    await session.flush()
    emit(session, former.confirm(by, grant, body.remarks, now.at))
    await session.flush()
    return await queries.get(session, takeover, by)


async def refuse(
    session: AsyncSession, by: Principal, law: Jurisdiction, takeover: UUID, body: EndBody
) -> FormerGrant:
    """The provider does not let it go on. Raises GrantTakeoverUnknown, NotTheProvider,
    GrantTakeoverSettled."""
    former = await queries.lock(session, takeover, by)
    resource = await cases.lock_resource(session, former.resource_id)
    parties.check_provider(by, resource.provider)
    emit(session, former.end(TakeoverState.REFUSED, by, body.reason, law.now().at))
    await session.flush()
    return await queries.get(session, takeover, by)


async def cancel(
    session: AsyncSession, by: Principal, law: Jurisdiction, takeover: UUID, body: EndBody
) -> FormerGrant:
    """The authority calls off what it brought in. Raises GrantTakeoverUnknown,
    GrantTakeoverNotTheAuthority, GrantTakeoverSettled."""
    former = await queries.lock(session, takeover, by)
    resource = await cases.lock_resource(session, former.resource_id)
    rules.check_authority(by, resource.region)
    emit(session, former.end(TakeoverState.CANCELLED, by, body.reason, law.now().at))
    await session.flush()
    return await queries.get(session, takeover, by)


async def _judged(
    session: AsyncSession, by: Principal, now: Moment, body: TakeoverGrantsBody
) -> tuple[list[tuple[FormerGrant, UUID]], int, list[FieldError]]:
    """The old grants that can be taken over with their providers, how many are known, and what
    is wrong with the others."""
    rules.check_authority(by)
    resources = await queries.resources(
        session, {old.resource for old in body.grants}, by.authority or ""
    )
    standing = await queries.standing(session, {old.grantee for old in body.grants})
    before = await queries.brought_in(
        session, body.platform, {old.reference for old in body.grants}
    )
    fresh: list[tuple[FormerGrant, UUID]] = []
    faults: list[FieldError] = []
    known, seen = 0, set[str]()
    for number, old in enumerate(body.grants):
        place = f"grants.{number}"
        if old.reference in seen:
            faults.append(FieldError(f"{place}.reference", "repeated", "It stands here twice."))
            continue
        seen.add(old.reference)
        former, earlier = _former(by, now, body, old), before.get(old.reference)
        if earlier is not None:
            if earlier.says() == former.says():
                known += 1
            else:
                sentence = "It was brought in before and said otherwise; call that off first."
                faults.append(FieldError(f"{place}.reference", "said-otherwise", sentence))
            continue
        resource = resources.get(old.resource)
        wrong = rules.faults(
            place,
            Known(
                resource.provider if resource else None,
                resource.offer if resource else None,
                old.grantee in standing,
            ),
            grantee=old.grantee,
            items=former.items,
            granted_on=old.granted_on,
            valid_until=old.valid_until,
            today=now.today,
            at=now.at,
        )
        faults += wrong
        if not wrong and resource is not None:
            fresh.append((former, resource.provider))
    return fresh, known, faults


def _former(by: Principal, now: Moment, body: TakeoverGrantsBody, old: OldGrantBody) -> FormerGrant:
    terms = old.terms
    return FormerGrant(
        id=new_id(),
        platform=body.platform,
        reference=old.reference,
        granted_on=old.granted_on,
        grantee=old.grantee,
        resource_id=old.resource,
        items=list(dict.fromkeys(old.items)),
        purpose=old.purpose,
        basis=old.basis,
        valid_until=terms.valid_until,
        calls_per_day=terms.calls_per_day,
        keys_per_day=terms.keys_per_day,
        reason=body.reason,
        proposed_at=now.at,
        proposed_by=by.actor,
    )


def _quota(terms: Terms) -> QuotaTerms | None:
    if terms.calls_per_day is None and terms.keys_per_day is None:
        return None
    return QuotaTerms(calls_per_day=terms.calls_per_day, keys_per_day=terms.keys_per_day)
