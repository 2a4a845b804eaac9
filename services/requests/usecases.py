"""What departments can do with share requests and grants. One function a verb."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.requests import (
    circles,
    deadlines,
    granting,
    narrowing,
    parties,
    queries,
    refusals,
    workflow,
)
from services.requests.granting import Path
from services.requests.jurisdiction import Jurisdiction
from services.requests.known import KnownResource
from services.requests.models import Grant, ShareRequest
from services.requests.schemas import (
    ApproveBody,
    QuotaTerms,
    RefuseBody,
    RevokeBody,
    SubmitBody,
)
from services.requests.suspensions import queries as suspensions
from services.requests.suspensions.rules import check_may_ask
from services.requests.workflow import State
from shared.events.catalog import Grade
from shared.events.requests import RequestApproved
from shared.idempotency import claim
from shared.ids import new_id
from shared.narrowing import Narrowing
from shared.outbox import emit
from shared.principal import Principal

SUBMIT = "requests.submit"


async def submit(
    session: AsyncSession, by: Principal, law: Jurisdiction, key: str, asked: SubmitBody
) -> tuple[ShareRequest, bool]:
    """Ask for a resource; an unconditional one is granted in the same breath (D11).

    Returns the request and whether it is new: a repeat of `key` returns the one it made. Raises
    IdempotencyKeyReused, RequesterEnded, DepartmentSuspended, ResourceUnknown, OwnResource,
    ItemsUnknown, AlreadyOpen.
    """
    now = law.now()
    body = asked.model_dump_json().encode()
    request_id, new = await claim(session, by, SUBMIT, key, body, now.at)
    if not new:
        return await queries.get(session, request_id, by), False
    department = await queries.find_department(session, by.department)
    parties.check_in_being(ended=department is not None and department.ended)
    suspension = await suspensions.in_force(session, by.department)
    check_may_ask(suspension.article if suspension else None)
    resource = await queries.lock_resource(session, asked.resource)
    parties.check_requester(by, resource.provider)
    items = granting.chosen(resource.offer, asked.items)
    workflow.check_first(
        await queries.still_open(session, by.department, resource.id, asked.purpose)
    )
    path = granting.path(resource.offer, items)
    rulebook = law.in_force(now.today)
    request = ShareRequest(
        id=request_id,
        requester=by.department,
        provider=resource.provider,
        provider_region=resource.region,
        resource_id=resource.id,
        resource_version=resource.version,
        resource_code=resource.code,
        resource_name=resource.name,
        grade=resource.grade,
        sensitive=granting.is_sensitive(resource.offer, items),
        duty=asked.duty,
        purpose=asked.purpose,
        items=[item.code for item in items],
        path=path,
        state=State.NEGOTIATING if path is Path.NEGOTIATION else State.SUBMITTED,
        submitted_at=now.at,
        submitted_by=by.actor,
        rulebook=rulebook.id,
        rulebook_version=rulebook.version,
    )
    asked_classes = granting.classes(path, sensitive=request.sensitive)
    request.set_deadline(
        deadlines.answer_deadline(rulebook, asked_classes, now.today, law.calendar)
    )
    session.add(request)
    emit(session, request.submitted(by))
    if path is Path.AT_ONCE:
        approval = request.grant_by_rule(by, rulebook.unconditional_direct.article, now.at)
        emit(session, approval)
        issue(session, request, resource, approval, None, None)
    await session.flush()
    return await queries.get(session, request.id, by), True


async def approve(
    session: AsyncSession, by: Principal, law: Jurisdiction, request_id: UUID, terms: ApproveBody
) -> ShareRequest:
    """Approve a request, or part of it, and issue the grant: the provider fixes scope and use.

    Raises RequestUnknown, NotTheProvider, OwnRequest, IllegalMove, ItemsNotRequested,
    ItemsUnknown, NarrowingUnfit, ValidityPast.
    """
    at = law.now().at
    request = await queries.lock(session, request_id, by)
    parties.check_decider(by, request.provider, request.submitted_by)
    items = granting.narrowed(request.items, terms.items)
    resource = await queries.lock_resource(session, request.resource_id)
    granting.chosen(resource.offer, items)  # The entry may have lost some since.
    narrowed = narrowing.fitted(resource.offer, items, terms.narrowing)
    granting.check_validity(at, terms.valid_until)
    approval = request.approve(
        by, items=items, valid_until=terms.valid_until, remarks=terms.remarks, at=at
    )
    emit(session, approval)
    issue(session, request, resource, approval, terms.circle, terms.quota, narrowed)
    await session.flush()
    return await queries.get(session, request.id, by)


async def refuse(
    session: AsyncSession, by: Principal, law: Jurisdiction, request_id: UUID, said: RefuseBody
) -> ShareRequest:
    """Refuse a request, as the rulebook under which it began admits.

    Raises RequestUnknown, NotTheProvider, OwnRequest, IllegalMove, ReasonsMissing,
    GroundNotStatutory, BasisMissing.
    """
    at = law.now().at
    request = await queries.lock(session, request_id, by)
    parties.check_decider(by, request.provider, request.submitted_by)
    refusal = refusals.refusal(
        law.kept(request.rulebook_version),
        granting.classes(request.path, sensitive=request.sensitive),
        reasons=said.reasons,
        ground=said.ground,
        basis=said.basis,
    )
    emit(session, request.refuse(by, refusal, at))
    await session.flush()
    return await queries.get(session, request.id, by)


async def withdraw(
    session: AsyncSession, by: Principal, law: Jurisdiction, request_id: UUID
) -> ShareRequest:
    """Take a request back before it is decided.

    Raises RequestUnknown, NotTheRequester, IllegalMove.
    """
    request = await queries.lock(session, request_id, by)
    parties.check_withdrawal(by, request.requester)
    emit(session, request.withdraw(by, law.now().at))
    await session.flush()
    return await queries.get(session, request.id, by)


async def revoke(
    session: AsyncSession, by: Principal, law: Jurisdiction, grant_id: UUID, told: RevokeBody
) -> Grant:
    """End a grant before its time, with the reason.

    Raises GrantUnknown, NotTheProvider, GrantRevokedAlready.
    """
    grant = await queries.lock_grant(session, grant_id, by)
    parties.check_provider(by, grant.provider)
    emit(session, grant.revoke(by, told.reason, law.now().at))
    await session.flush()
    return await queries.get_grant(session, grant.id, by)


async def name_circle(
    session: AsyncSession,
    by: Principal,
    law: Jurisdiction,
    grant_id: UUID,
    if_match: str | None,
    named: Sequence[UUID],
) -> Grant:
    """Say who inside the grantee may use a grant.

    Raises GrantUnknown, CircleNotYours, GrantIfMatchMissing, GrantChanged, CircleWidened,
    GrantRevokedAlready.
    """
    grant = await queries.lock_grant(session, grant_id, by)
    circles.check_change(
        by, provider=grant.provider, grantee=grant.grantee, before=grant.circle, after=named
    )
    circles.check_unchanged(if_match, grant.version)
    emit(session, grant.name_circle(by, sorted(set(named)), law.now().at))
    await session.flush()
    return await queries.get_grant(session, grant.id, by)


async def report_overdue(
    session: AsyncSession, law: Jurisdiction, at: datetime, most: int = 200
) -> int:
    """Say once of each request that its provider is silent past the last day; return how many."""
    late = await queries.lock_overdue(session, law.date_of(at), most)
    for request in late:
        emit(session, request.fall_overdue(at))
    return len(late)


async def recount(session: AsyncSession, law: Jurisdiction) -> int:
    """Count provisional last days again with the calendar of now; return how many were counted."""
    provisional: Sequence[ShareRequest] = await queries.lock_provisional(session)
    for request in provisional:
        request.set_deadline(
            deadlines.answer_deadline(
                law.kept(request.rulebook_version),
                granting.classes(request.path, sensitive=request.sensitive),
                law.date_of(request.submitted_at),
                law.calendar,
            )
        )
    return len(provisional)


def issue(
    session: AsyncSession,
    request: ShareRequest,
    resource: KnownResource,
    approval: RequestApproved,
    circle: Sequence[UUID] | None,
    quota: QuotaTerms | None,
    narrowed: Narrowing | None = None,
) -> Grant:
    """Make the grant that an approval leads to, of the resource as the catalogue has it now.

    A grant that carries a secret or private item is guarded as a sensitive one.
    """
    items = granting.chosen(resource.offer, approval.items)
    sensitive = granting.is_sensitive(resource.offer, items)
    grant = Grant(
        id=new_id(),
        request=request,
        grantee=request.requester,
        provider=request.provider,
        resource_id=request.resource_id,
        resource_version=resource.version,
        purpose=request.purpose,
        items=approval.items,
        grade=Grade.SENSITIVE if sensitive else Grade.ORDINARY,
        valid_from=approval.at,
        valid_until=approval.valid_until,
        circle=circles.members(circle),
        circle_article=circles.demanded_by(
            Jurisdiction.kept(request.rulebook_version), sensitive=sensitive
        ),
        personal=granting.is_personal(items),
        calls_per_day=quota.calls_per_day if quota else None,
        keys_per_day=quota.keys_per_day if quota else None,
        narrowing=narrowed,
    )
    session.add(grant)
    emit(session, grant.issued(approval))
    return grant
