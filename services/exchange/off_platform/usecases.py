"""What can be done about exchange outside the platform. One function a verb. jiangsu-2012 §14."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.jurisdiction import Jurisdiction
from services.exchange.off_platform import periods, queries, rules
from services.exchange.off_platform.models import OffPlatform, Statistics
from services.exchange.off_platform.periods import Period
from services.exchange.off_platform.schemas import (
    DecisionBody,
    EndBody,
    FilingBody,
    StatisticsBody,
)
from services.exchange.outside import queries as outside
from services.exchange.outside.models import Act
from services.exchange.outside.recording import record
from services.exchange.outside.rules import check_unchanged
from shared.idempotency import claim
from shared.outbox import emit
from shared.principal import Principal
from shared.workdays import Due

_FILE = "off-platform"


async def file(
    session: AsyncSession, by: Principal, here: Jurisdiction, key: str, body: FilingBody
) -> tuple[OffPlatform, bool]:
    """File an exchange with the authority; once a `key`: the filing, and whether it is new.

    Raises OffPlatformNotInRulebook, PartnerUnknown and IdempotencyKeyReused.
    """
    now = here.now()
    sent = body.model_dump_json().encode()
    identity, new = await claim(session, by, _FILE, key, sent, now.at)
    if not new:
        return await outside.get(session, OffPlatform, identity, by), False
    ruling = rules.ruling_of(now.rulebook)
    await outside.check_partners(session, body.partners, by.department)
    months = periods.months_of(ruling.statistics, here.statistics_months)
    first = Period.containing(now.today, months)
    due = _due(here, first)
    filing = OffPlatform(
        id=identity,
        department=by.department,
        region=by.region,
        **body.model_dump(),
        article=now.rulebook.off_platform.article,
        rulebook=now.rulebook.id,
        rulebook_version=now.rulebook.version,
        stated_at=now.at,
        stated_by=by.actor,
        months=months,
        first_period=first.name,
        next_period=first.name,
        due_on=due.date,
        due_provisional=due.provisional,
    )
    session.add(filing)
    emit(session, filing.filed(by))
    record(session, identity, Act.FILED, by, now.at, body)
    await session.flush()
    return filing, True


async def amend(
    session: AsyncSession,
    by: Principal,
    here: Jurisdiction,
    identity: UUID,
    body: FilingBody,
    if_match: str | None,
) -> OffPlatform:
    """The department states it otherwise, and the authority looks at it again.

    Raises NotFound, OffPlatformNotYours, ExchangeIfMatchMissing, ExchangeChanged, PartnerUnknown
    and OffPlatformStateUnfit.
    """
    now = here.now()
    filing = await _own(session, by, identity)
    check_unchanged(if_match, filing.version)
    await outside.check_partners(session, body.partners, by.department)
    for name, value in body.model_dump().items():
        setattr(filing, name, value)
    emit(session, filing.amended(by, now.at))
    record(session, identity, Act.AMENDED, by, now.at, body)
    return filing


async def decide(
    session: AsyncSession,
    by: Principal,
    here: Jurisdiction,
    identity: UUID,
    body: DecisionBody,
    if_match: str | None,
) -> OffPlatform:
    """The competent authority takes it on record, or sends it back with remarks.

    Raises NotFound, OffPlatformNotTheAuthority, OffPlatformStateUnfit and ExchangeChanged.
    """
    at = here.now().at
    filing = await outside.lock(session, OffPlatform, identity, by)
    if not by.oversees(filing.region):
        raise rules.OffPlatformNotTheAuthority("The authority of its region decides on a filing.")
    if if_match is not None:
        check_unchanged(if_match, filing.version)
    if body.decision == "return":
        emit(session, filing.send_back(by, body.remarks or "", at))
        record(session, identity, Act.RETURNED, by, at, body)
    else:
        emit(session, filing.take_on_record(by, body.remarks, at))
        record(session, identity, Act.RECORDED, by, at, body)
    return filing


async def end(
    session: AsyncSession, by: Principal, here: Jurisdiction, identity: UUID, body: EndBody
) -> OffPlatform:
    """The exchange came to its end; statistics stay due up to that day.

    Raises NotFound, OffPlatformNotYours and OffPlatformStateUnfit.
    """
    now = here.now()
    filing = await _own(session, by, identity)
    if not filing.since <= body.ended_on <= now.today:
        raise rules.OffPlatformStateUnfit("It ended after it began, and not in the future.")
    emit(session, filing.end(by, body.ended_on, body.reason, now.at))
    await _expect(session, here, filing)
    record(session, identity, Act.ENDED, by, now.at, body)
    return filing


async def report(
    session: AsyncSession,
    by: Principal,
    here: Jurisdiction,
    identity: UUID,
    period: str,
    body: StatisticsBody,
    if_match: str | None,
) -> tuple[Statistics, bool]:
    """Hand in the statistics of a period, or correct them: the report, and whether it is new.

    Raises NotFound, OffPlatformNotYours, StatisticsPeriodUnfit; and for a correction
    ExchangeIfMatchMissing and ExchangeChanged.
    """
    now = here.now()
    filing = await _own(session, by, identity)
    found = await queries.of_period(session, identity, period)
    new = found is None
    if found is None:
        of = rules.check_period(
            period,
            filing.months,
            first=filing.first,
            ended_on=filing.ended_on,
            today=now.today,
        )
        due_on = _due(here, of).date
        found = Statistics(
            exchange=identity,
            period=period,
            first_day=of.first,
            last_day=of.last,
            due_on=due_on,
            times=body.times,
            rows=body.rows,
            remarks=body.remarks,
            reported_at=now.at,
            late=now.today > due_on,
        )
        session.add(found)
        await session.flush()
        await _expect(session, here, filing)
    else:
        check_unchanged(if_match, found.version)
        found.correct(body.times, body.rows, body.remarks, now.at)
    filing.version += 1
    emit(session, filing.reported(by, found, corrected=not new, at=now.at))
    stated: dict[str, JsonValue] = {"period": period, **body.model_dump(mode="json")}
    record(session, identity, Act.REPORTED, by, now.at, stated)
    await session.flush()
    return found, new


async def report_late(session: AsyncSession, here: Jurisdiction, at: datetime, most: int) -> int:
    """Say of statistics past their last day that they are overdue, once; return how many."""
    late = await queries.lock_late(session, here.moment(at).today, most)
    for filing in late:
        emit(session, filing.fall_overdue(at))
    return len(late)


async def remind(session: AsyncSession, here: Jurisdiction, at: datetime, most: int) -> int:
    """Remind of statistics whose last day is near, once; return how many."""
    until = here.due(here.moment(at).today, rules.REMINDER_DAYS).date
    near = await queries.lock_near(session, until, most)
    for filing in near:
        emit(session, filing.remind(at))
    return len(near)


async def count_again(session: AsyncSession, here: Jurisdiction) -> None:
    """Count days anew that were counted through a year that nobody had announced."""
    for filing in await queries.lock_provisional(session):
        period = Period.named(filing.next_period or "", filing.months)
        filing.expect(period, _due(here, period) if period else None)


async def _own(session: AsyncSession, by: Principal, identity: UUID) -> OffPlatform:
    filing = await outside.lock(session, OffPlatform, identity, by)
    if filing.department != by.department:
        raise rules.OffPlatformNotYours("The department that filed it carries it on.")
    return filing


async def _expect(session: AsyncSession, here: Jurisdiction, filing: OffPlatform) -> None:
    reported = await queries.reported(session, filing.id)
    period = periods.next_open(filing.first, filing.ended_on, reported)
    filing.expect(period, _due(here, period) if period else None)


def _due(here: Jurisdiction, period: Period) -> Due:
    return here.due(period.last, here.statistics_days)
