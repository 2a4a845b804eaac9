"""What a department has to file, what is missing, and since when. Pure.

Sources: a named person, filed with the authority and kept current, baoji-2017 §28; named compilers
and reviewers, baoji-2017 §10; the head is first responsible, jiangsu-2017 §24; an internal unit and
a named person, jiangsu-2012 §30; a chief information officer, yixing-2016 §28, and a person for
databases and front-end machines, yixing-2016 §24. The texts say "in time" (及时更新) and no number
of days: how many the authority waits is a setting (design).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from gateway.roles import Role
from shared.errors import Conflict, FieldError, PreconditionFailed, PreconditionRequired
from shared.preconditions import matches
from shared.principal import Permission, Principal
from shared.rulebooks import Rulebook
from shared.rulebooks.duties import ResponsibleRole

# One of each at most; of the others as many as the department names.
SINGLE: Final = frozenset(
    {
        ResponsibleRole.HEAD,
        ResponsibleRole.INTERNAL_UNIT,
        ResponsibleRole.CHIEF_INFORMATION_OFFICER,
    }
)
# They do on the platform what they are filed for, so they have an account with that role.
BY_ACCOUNT: Final = {
    ResponsibleRole.COMPILER: Role.COMPILER,
    ResponsibleRole.REVIEWER: Role.REVIEWER,
}


class FiledTwice(Conflict):
    """One head, one internal unit, one chief information officer."""

    code = "filing-role-twice"
    title = "Filed twice"


class FiledAccountUnfit(Conflict):
    """A compiler or reviewer is filed with an open account of the department in that role."""

    code = "filing-account-unfit"
    title = "Account unfit"


class FiledDayFuture(Conflict):
    """Who is filed holds the duty today."""

    code = "filing-day-future"
    title = "Day in the future"


class FilingIfMatchMissing(PreconditionRequired):
    """A change of a filing names the ETag of what it was made from."""

    code = "filing-if-match-missing"
    title = "If-Match missing"


class FilingChangedMeanwhile(PreconditionFailed):
    """Somebody else changed the filing after it was read."""

    code = "filing-changed"
    title = "Filing changed"


class Lack(StrEnum):
    """Why a duty counts as not filed."""

    NOT_FILED = "not-filed"
    ACCOUNT_CLOSED = "account-closed"


@dataclass(frozen=True, slots=True)
class Line:
    """What the rules must know of one line of a filing; no name."""

    role: ResponsibleRole
    operator: UUID | None
    filed_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """What the rules must know of an account: whether it is open, its roles, since when."""

    roles: frozenset[Role]
    closed: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Missing:
    """One duty that nobody is filed for, why, and since when."""

    role: ResponsibleRole
    lack: Lack
    since: datetime


def demanded(rulebook: Rulebook) -> tuple[ResponsibleRole, ...]:
    """Whom the rulebook makes a department name, in the order of the law's list."""
    if rulebook.responsible_persons.silent:
        return ()
    roles = rulebook.responsible_persons.value.roles
    return tuple(role for role in ResponsibleRole if role in roles)


def missing(
    wanted: Sequence[ResponsibleRole],
    lines: Sequence[Line],
    accounts: Mapping[UUID, Account],
    ended: Mapping[ResponsibleRole, datetime],
    registered_at: datetime,
) -> list[Missing]:
    """What the department lacks: no line of that role, or none whose account is open.

    `ended` is when the last line of a role ended; before the first it lacks since registration.
    """
    found = []
    for role in wanted:
        filed = [line for line in lines if line.role is role]
        if not filed:
            since = max(ended.get(role, registered_at), registered_at)
            found.append(Missing(role, Lack.NOT_FILED, since))
            continue
        unfit = [_unfit_since(line, accounts) for line in filed]
        lost = [since for since in unfit if since is not None]
        if len(lost) == len(filed):
            found.append(Missing(role, Lack.ACCOUNT_CLOSED, max(lost)))
    return found


def _unfit_since(line: Line, accounts: Mapping[UUID, Account]) -> datetime | None:
    role = BY_ACCOUNT.get(line.role)
    if role is None:
        return None
    account = accounts.get(line.operator) if line.operator is not None else None
    if account is None:
        return line.filed_at
    fits = not account.closed and role in account.roles
    return None if fits else max(account.changed_at, line.filed_at)


def overdue(found: Sequence[Missing], grace: timedelta, at: datetime) -> list[Missing]:
    """Of what is missing, what has been for longer than the authority waits."""
    return [lack for lack in found if at - lack.since > grace]


def reads(viewer: Principal, department: UUID, region: str) -> bool:
    """Whether the viewer may read a department's filing: names are personal data.

    Its own people; the competent authority of its region, and supervisors there.
    """
    if viewer.department == department:
        return True
    if Permission.FILING_OVERSEE not in viewer.permissions:
        return False
    within = scope(viewer)
    return region == within or region.startswith(within + "/")


def scope(viewer: Principal) -> str:
    """The region whose departments an overseer oversees."""
    return viewer.authority or viewer.region


def check_lines(roles: Sequence[ResponsibleRole], days: Sequence[date], today: date) -> None:
    """Raises FiledTwice, FiledDayFuture; `days` are since when each holds, in the same order."""
    twice = [role for role in SINGLE if roles.count(role) > 1]
    if twice:
        raise FiledTwice(f"Only one of each can be filed: {', '.join(sorted(twice))}.")
    late = [
        FieldError(f"persons.{n}.since", "future", "It lies ahead.")
        for n, d in enumerate(days)
        if d > today
    ]
    if late:
        raise FiledDayFuture("Nobody is filed before the day.", errors=late)


def check_account(
    place: int, role: ResponsibleRole, operator: UUID | None, account: Account | None
) -> None:
    """Raises FiledAccountUnfit. `place` is the line's, for the problem document."""
    needed = BY_ACCOUNT.get(role)
    if needed is None and operator is None:
        return
    fits = account is not None and not account.closed
    if fits and account is not None and needed is not None:
        fits = needed in account.roles
    if not fits:
        where = f"persons.{place}.operator"
        raise FiledAccountUnfit(
            "A compiler or reviewer is filed with an open account of your department that holds "
            "that role.",
            errors=[FieldError(where, "account-unfit", "Name an open account with the role.")],
        )


def etag(version: int) -> str:
    """The ETag of a filing; 0 before the first."""
    return f'"{version}"'


def check_unchanged(if_match: str | None, version: int) -> None:
    """Raises FilingIfMatchMissing, FilingChangedMeanwhile."""
    if if_match is None:
        raise FilingIfMatchMissing("Send the ETag of the filing that you read as If-Match.")
    if not matches(if_match, etag(version)):
        raise FilingChangedMeanwhile("The filing was changed meanwhile; read it again.")
