"""What can be done about older exchanges. One function a verb. jiangsu-2017 §14, baoji-2017 §13."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.jurisdiction import Jurisdiction
from services.exchange.older import migration, queries
from services.exchange.older.migration import MigrationState
from services.exchange.older.models import OlderExchange
from services.exchange.older.schemas import (
    KeepBody,
    MoveBody,
    OlderDescriptionBody,
    OlderExchangeBody,
)
from services.exchange.outside import queries as outside
from services.exchange.outside.models import Act
from services.exchange.outside.recording import record
from services.exchange.outside.rules import check_unchanged
from shared.idempotency import claim
from shared.outbox import emit
from shared.principal import Principal

_REGISTER = "older-exchange"


async def register(
    session: AsyncSession, by: Principal, here: Jurisdiction, key: str, body: OlderExchangeBody
) -> tuple[OlderExchange, bool]:
    """Put an exchange on record that was there before; once a `key`: it, and whether it is new.

    Raises OlderExchangeNotInRulebook, OlderExchangeStateUnfit, PartnerUnknown and
    IdempotencyKeyReused.
    """
    now = here.now()
    sent = body.model_dump_json().encode()
    identity, new = await claim(session, by, _REGISTER, key, sent, now.at)
    if not new:
        return await outside.get(session, OlderExchange, identity, by), False
    migration.check_rulebook(now.rulebook)
    await outside.check_partners(session, body.partners, by.department)
    state = MigrationState.REGISTERED if body.planned_on is None else MigrationState.PLANNED
    if body.planned_on is not None:
        migration.check_move(MigrationState.REGISTERED, state, body.planned_on, now.today)
    found = OlderExchange(
        id=identity,
        department=by.department,
        region=by.region,
        **body.model_dump(),
        state=state,
        article=now.rulebook.migration.article,
        rulebook=now.rulebook.id,
        rulebook_version=now.rulebook.version,
        stated_at=now.at,
        stated_by=by.actor,
    )
    session.add(found)
    emit(session, found.registered(by))
    record(session, identity, Act.FILED, by, now.at, body)
    await session.flush()
    return found, True


async def amend(
    session: AsyncSession,
    by: Principal,
    here: Jurisdiction,
    identity: UUID,
    body: OlderDescriptionBody,
    if_match: str | None,
) -> OlderExchange:
    """The department describes it otherwise; where its migration stands is not touched.

    Raises NotFound, OlderExchangeNotYours, ExchangeIfMatchMissing, ExchangeChanged and
    PartnerUnknown.
    """
    at = here.now().at
    found = await _own(session, by, identity)
    check_unchanged(if_match, found.version)
    await outside.check_partners(session, body.partners, by.department)
    for name, value in body.model_dump().items():
        setattr(found, name, value)
    emit(session, found.amended(by, at))
    record(session, identity, Act.AMENDED, by, at, body)
    return found


async def move(
    session: AsyncSession, by: Principal, here: Jurisdiction, identity: UUID, body: MoveBody
) -> OlderExchange:
    """The department says how far its migration has come.

    Raises NotFound, OlderExchangeNotYours, OlderExchangeStateUnfit and
    OlderExchangeResourcesUnknown.
    """
    now = here.now()
    found = await _own(session, by, identity)
    to = MigrationState(body.state)
    migration.check_move(found.state, to, body.planned_on, now.today)
    resources = list(dict.fromkeys(body.resources))
    known = await queries.known_resources(session, resources)
    migration.check_resources(to, resources, known)
    event = found.move(
        by,
        to,
        planned_on=body.planned_on,
        resources=resources,
        remarks=body.remarks,
        at=now.at,
    )
    emit(session, event)
    record(session, identity, Act.MOVED, by, now.at, body)
    return found


async def keep(
    session: AsyncSession, by: Principal, here: Jurisdiction, identity: UUID, body: KeepBody
) -> OlderExchange:
    """The competent authority lets an exchange stay where it is.

    Raises NotFound, OlderExchangeNotTheAuthority and OlderExchangeStateUnfit.
    """
    at = here.now().at
    found = await outside.lock(session, OlderExchange, identity, by)
    if not by.oversees(found.region):
        raise migration.OlderExchangeNotTheAuthority("The authority of its region says so.")
    if found.state not in migration.OPEN:
        raise migration.OlderExchangeStateUnfit("Only what has yet to move can be kept.")
    event = found.move(
        by,
        MigrationState.KEPT,
        planned_on=None,
        resources=found.resources,
        remarks=body.remarks,
        at=at,
    )
    emit(session, event)
    record(session, identity, Act.KEPT, by, at, body)
    return found


async def report_late(session: AsyncSession, here: Jurisdiction, at: datetime, most: int) -> int:
    """Say of exchanges past their planned day that they are overdue, once; return how many."""
    late = await queries.lock_late(session, here.moment(at).today, most)
    for found in late:
        emit(session, found.fall_overdue(at))
    return len(late)


async def _own(session: AsyncSession, by: Principal, identity: UUID) -> OlderExchange:
    found = await outside.lock(session, OlderExchange, identity, by)
    if found.department != by.department:
        raise migration.OlderExchangeNotYours("The department that registered it carries it on.")
    return found
