"""What can be done with needs. One function a verb."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import queries as catalogue
from services.catalog.installation import Installation
from services.catalog.needs import life, queries
from services.catalog.needs.life import NeedStep
from services.catalog.needs.models import Need, NeedRecord
from services.catalog.needs.schemas import NeedBody, RulingBody
from services.catalog.preconditions import IfMatchMissing
from services.catalog.workflow import Act
from shared.events import Event
from shared.idempotency import claim
from shared.outbox import emit
from shared.principal import Principal

_REGISTER = "need"


async def register(
    session: AsyncSession, by: Principal, here: Installation, key: str, body: NeedBody
) -> tuple[Need, bool]:
    """Put on record what the caller's department needs; once a `key`.

    Raises ProviderUnknown, ProviderEnded and IdempotencyKeyReused.
    """
    act = here.act(by)
    sent = body.model_dump_json().encode()
    identity, new = await claim(session, by, _REGISTER, key, sent, act.at)
    if not new:
        return await queries.get(session, identity, by), False
    department = await catalogue.provider(session, by)
    need = Need(
        id=identity,
        needing=department.id,
        department=department,
        name=body.name,
        items=list(body.items),
        duty=body.duty,
        legal_basis=body.legal_basis,
        purpose=body.purpose,
        cycle=body.cycle,
        urgency=body.urgency,
        registered_at=act.at,
    )
    session.add(need)
    await session.flush()
    _record(session, NeedStep.REGISTER, need, need.registered(act), act)
    return need, True


async def restate(
    session: AsyncSession,
    by: Principal,
    here: Installation,
    need_id: UUID,
    body: NeedBody,
    if_match: str | None,
) -> Need:
    """State otherwise what the department needs; what was chosen for it is void.

    Raises NeedUnknown, NeedNotYours, NeedStepNotOpen, NeedChanged and IfMatchMissing.
    """
    act = here.act(by)
    need = await _own(session, by, need_id)
    if if_match is None:
        raise IfMatchMissing("Send the ETag of the need that you read as If-Match.")
    if if_match.strip() not in ("*", f'"{need.version}"'):
        raise life.NeedChanged("The need was changed meanwhile; read it again and decide anew.")
    need.name, need.items = body.name, list(body.items)
    need.duty, need.legal_basis, need.purpose = body.duty, body.legal_basis, body.purpose
    need.cycle, need.urgency = body.cycle, body.urgency
    _record(session, NeedStep.RESTATE, need, need.restate(act), act)
    return need


async def choose(
    session: AsyncSession, by: Principal, here: Installation, need_id: UUID, resource: UUID
) -> Need:
    """The department finds that a published resource of another one fits.

    Raises NeedUnknown, NeedNotYours, NeedStepNotOpen and NeedResourceUnfit.
    """
    act = here.act(by)
    need = await _own(session, by, need_id)
    await _check_resource(session, need, resource)
    _record(session, NeedStep.CHOOSE, need, need.choose(resource, act), act)
    return need


async def report(
    session: AsyncSession, by: Principal, here: Installation, need_id: UUID, remarks: str
) -> Need:
    """Nothing in the catalogue fits: the authority is asked to rule.

    Raises NeedUnknown, NeedNotYours and NeedStepNotOpen.
    """
    act = here.act(by)
    need = await _own(session, by, need_id)
    _record(session, NeedStep.REPORT, need, need.report(remarks, act), act)
    return need


async def rule(
    session: AsyncSession, by: Principal, here: Installation, need_id: UUID, body: RulingBody
) -> Need:
    """The authority of the department's region rules on what nothing in the catalogue meets.

    Raises NeedUnknown, NeedNotTheAuthority, NeedStepNotOpen, NeedResourceUnfit and
    NeedCollectorUnfit.
    """
    act = here.act(by)
    need = await queries.lock(session, need_id, by)
    if not by.oversees(need.department.region):
        raise life.NeedNotTheAuthority(
            "The competent authority of the department's region rules.",
            article=act.rulebook.needs_coordinated_by.article,
        )
    if body.resource is not None:
        await _check_resource(session, need, body.resource)
    if body.lead is not None:
        await _check_collector(session, by, body.lead)
    said = need.rule(body.ruling, body.resource, body.lead, body.remarks, act)
    _record(session, NeedStep.RULE, need, said, act)
    return need


async def withdraw(
    session: AsyncSession, by: Principal, here: Installation, need_id: UUID, remarks: str
) -> Need:
    """The department needs it no more. Raises NeedUnknown, NeedNotYours, NeedStepNotOpen."""
    act = here.act(by)
    need = await _own(session, by, need_id)
    _record(session, NeedStep.WITHDRAW, need, need.withdraw(remarks, act), act)
    return need


async def _own(session: AsyncSession, by: Principal, need_id: UUID) -> Need:
    need = await queries.lock(session, need_id, by)
    if by.department != need.needing:
        raise life.NeedNotYours("The department that registered the need does that.")
    return need


async def _check_resource(session: AsyncSession, need: Need, resource: UUID) -> None:
    if not await queries.in_catalogue(session, [resource], need.needing):
        raise life.NeedResourceUnfit(
            "Name a resource that is in the catalogue and that another department provides."
        )


async def _check_collector(session: AsyncSession, by: Principal, lead: UUID) -> None:
    department = await catalogue.find_department(session, lead)
    if department is None or not by.oversees(department.region):
        raise life.NeedCollectorUnfit("Assign a registered department of your region.")


def _record(session: AsyncSession, step: NeedStep, need: Need, said: Event, act: Act) -> None:
    session.add(NeedRecord.taken(step, need, act))
    emit(session, said)
