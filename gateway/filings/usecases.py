"""What can be done about a filing: read it with what is missing, file it anew, remind."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.filings import queries, rules
from gateway.filings.law import Law
from gateway.filings.schemas import (
    FiledPersonBody,
    FiledPersonView,
    FilingBody,
    FilingView,
    MissingView,
    OverdueView,
)
from gateway.models import FiledPerson, Filing
from shared import clock
from shared.access import Principal
from shared.errors import NotFound
from shared.outbox import emit
from shared.pages import PageParams

REMINDED_AGAIN: Final = timedelta(days=7)
_STATED = ("role", "name", "unit", "position", "office_phone", "operator", "since")


async def read(session: AsyncSession, viewer: Principal, law: Law, department: UUID) -> FilingView:
    """What a department filed, and what is missing. Raises NotFound."""
    particulars = await queries.readable(session, viewer, department)
    filing = await queries.filing(session, department)
    rulebook = law.in_force(clock.now())
    lacks = await queries.missing_of(session, particulars, rules.demanded(rulebook))
    ruled = rulebook.responsible_persons
    return FilingView(
        department=department,
        version=filing.version if filing else 0,
        changed_at=filing.changed_at if filing else None,
        persons=[FiledPersonView.of(line) for line in await queries.lines(session, department)],
        article=ruled.article,
        filed_with_authority=not ruled.silent and ruled.value.filed_with_authority,
        missing=[_missing(lack) for lack in lacks],
    )


async def file(
    session: AsyncSession,
    by: Principal,
    law: Law,
    department: UUID,
    if_match: str | None,
    body: FilingBody,
) -> None:
    """File the whole of it anew: what stays the same keeps its day, the rest ends or begins.

    Raises NotFound for another department than one's own, FilingIfMatchMissing,
    FilingChangedMeanwhile, FiledTwice, FiledDayFuture, FiledAccountUnfit.
    """
    at = clock.now()
    if department != by.department:
        raise NotFound("There is no such filing.")
    filing = await queries.lock(session, department)
    rules.check_unchanged(if_match, filing.version if filing else 0)
    await _check(session, law, department, body.persons, at)
    kept = {_stated(line): line for line in await queries.lines(session, department)}
    wanted = {_stated(person): person for person in body.persons}
    if kept.keys() == wanted.keys():
        return
    for stated, line in kept.items():
        if stated not in wanted:
            line.ended_at, line.ended_by = at, by.actor
    for stated, person in wanted.items():
        if stated not in kept:
            session.add(
                FiledPerson(department=department, filed_at=at, filed_by=by.actor, **dict(person))
            )
    if filing is None:
        filing = Filing(department=department)
        session.add(filing)
    emit(session, filing.change(by, sorted({person.role.value for person in body.persons}), at))
    await session.flush()


async def overdue(
    session: AsyncSession, viewer: Principal, law: Law, params: PageParams
) -> tuple[list[OverdueView], str | None]:
    """The departments of the viewer's region that have not filed what their rulebook demands."""
    at = clock.now()
    rulebook = law.in_force(at)
    found, cursor = await queries.overdue(
        session, rules.scope(viewer), rules.demanded(rulebook), law.grace, at, params
    )
    views = [
        OverdueView(
            department=lacking.particulars.department,
            department_name=lacking.particulars.name,
            region=lacking.particulars.region,
            article=rulebook.responsible_persons.article,
            missing=[_missing(lack) for lack in lacking.missing],
            reminded_at=lacking.reminded_at,
        )
        for lacking in found
    ]
    return views, cursor


async def remind(session: AsyncSession, lacking: queries.Lacking, law: Law, at: datetime) -> bool:
    """Remind a department that has not been for a week; whether it was now."""
    department = lacking.particulars.department
    filing = await queries.lock(session, department)
    if filing is None:
        filing = Filing(department=department)
        session.add(filing)
    if filing.reminded_at is not None and at - filing.reminded_at < REMINDED_AGAIN:
        return False
    article = law.in_force(at).responsible_persons.article
    since = min(lack.since for lack in lacking.missing)
    emit(session, filing.remind([lack.role.value for lack in lacking.missing], article, since, at))
    return True


async def _check(
    session: AsyncSession,
    law: Law,
    department: UUID,
    persons: list[FiledPersonBody],
    at: datetime,
) -> None:
    rules.check_lines(
        [person.role for person in persons],
        [person.since for person in persons],
        law.day(at),
    )
    named = [person.operator for person in persons if person.operator is not None]
    known = await queries.accounts(session, department, named)
    for place, person in enumerate(persons):
        account = known.get(person.operator) if person.operator is not None else None
        rules.check_account(place, person.role, person.operator, account)


def _stated(line: FiledPerson | FiledPersonBody) -> tuple[object, ...]:
    return tuple(getattr(line, name) for name in _STATED)


def _missing(lack: rules.Missing) -> MissingView:
    return MissingView(role=lack.role, title=lack.role.zh, lack=lack.lack, since=lack.since)
