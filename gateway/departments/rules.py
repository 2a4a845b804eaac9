"""Who may keep which department's particulars, and from which day they may hold. Pure."""

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.errors import Conflict, Forbidden, PreconditionFailed, PreconditionRequired
from shared.events.gateway import DepartmentStatus
from shared.preconditions import matches
from shared.principal import Principal


class Level(StrEnum):
    """The level that a region stands on (层级)."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"


class RegionNotYours(Forbidden):
    """Only the competent authority of a region keeps the registry of its departments."""

    code = "department-region-not-yours"
    title = "Not your region"


class DepartmentEnded(Conflict):
    """The department was merged, split or abolished; it takes nothing new."""

    code = "department-ended"
    title = "Department ended"


class CreditCodeTaken(Conflict):
    """Another department carries this unified social credit code today."""

    code = "credit-code-taken"
    title = "Credit code taken"


class DayPast(Conflict):
    """What held on a past day is on record, and documents of that day rest on it."""

    code = "department-day-past"
    title = "Day in the past"


class NothingChanged(Conflict):
    """The department is called so already, and stands there."""

    code = "department-nothing-changed"
    title = "Nothing changed"


class ChangeSettled(Conflict):
    """The change has taken effect or was cancelled."""

    code = "department-change-settled"
    title = "Change settled already"


class DepartmentIfMatchMissing(PreconditionRequired):
    """A change of a department names the ETag of what it was made from."""

    code = "department-if-match-missing"
    title = "If-Match missing"


class DepartmentChangedMeanwhile(PreconditionFailed):
    """Somebody else changed the department after it was read."""

    code = "department-changed"
    title = "Department changed"


class ParentOfItself(Conflict):
    """A department does not stand above itself, nor above what stands above it."""

    code = "department-parent-circular"
    title = "Circular parents"


def level_of(region: str) -> Level:
    """The level of a path of GB/T 2260 codes, by its last code."""
    code = region.rpartition("/")[2]
    if region.count("/") == 3:
        return Level.TOWNSHIP
    if code.endswith("0000"):
        return Level.PROVINCE
    return Level.CITY if code.endswith("00") else Level.COUNTY


def check_region(by: Principal, *regions: str) -> None:
    """Refuse everyone but the competent authority of these regions. Raises RegionNotYours.

    The city's office keeps the registry, a county's authority its own county's departments
    (baoji-2017 §5-6).
    """
    if not all(by.oversees(region) for region in regions):
        raise RegionNotYours(
            "Your department is not the competent authority of this region; only that, or the "
            "authority of a region above it, keeps its departments."
        )


def check_active(status: DepartmentStatus) -> None:
    """Refuse what a department that ended cannot take. Raises DepartmentEnded."""
    if status is not DepartmentStatus.ACTIVE:
        raise DepartmentEnded(f"This department is {status}; name the one that follows it.")


def check_unchanged(if_match: str | None, version: int) -> None:
    """Refuse a change of another state. Raises DepartmentIfMatchMissing and its sibling."""
    if if_match is None:
        raise DepartmentIfMatchMissing("Send the ETag of the department that you read as If-Match.")
    if not matches(if_match, etag(version)):
        raise DepartmentChangedMeanwhile(
            "The department was changed meanwhile; read it again and decide anew."
        )


def etag(version: int) -> str:
    """The ETag of a department."""
    return f'"{version}"'


def day_begins(day: date, timezone: str) -> datetime:
    """The moment at which a local day begins."""
    return datetime.combine(day, time(), ZoneInfo(timezone))


def takes_effect(on: date | None, today: date, at: datetime, timezone: str) -> datetime:
    """From when what is decided `at` holds: now, or from the beginning of a later day.

    Raises DayPast: an entry, a decision or a record of a past day bears the name of that day.
    """
    if on is None or on == today:
        return at
    if on < today:
        raise DayPast(
            "Names are not changed backwards: documents of that day bear the name of then. State "
            "today or a later day, and the earlier decision as the basis."
        )
    return day_begins(on, timezone)


def check_parent(department: UUID, above: list[UUID]) -> None:
    """Refuse a circle of parents; `above` is the new parent and all above it.

    Raises ParentOfItself.
    """
    if department in above:
        raise ParentOfItself("The parent stands below this department; name another.")
