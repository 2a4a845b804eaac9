"""What makes an update of the catalogue due, by when, and when it is done. Pure.

jiangsu-2012 §10, jiangsu-2017 §9, yixing-2016 §13, baoji-2017 §10.
"""

from collections.abc import Collection
from datetime import date
from typing import Final
from uuid import UUID

from shared.errors import Conflict, FieldError, Forbidden, NotFound
from shared.rulebooks import Rulebook
from shared.rulebooks.vocabulary import Change

# A reminder is given when no more working days than these are left.
REMINDER_DAYS: Final = 5


class OccasionUnknown(NotFound):
    """There is no such occasion, or it is not the caller's to know of."""

    code = "occasion-unknown"
    title = "Occasion unknown"


class CauseNotInRulebook(Conflict):
    """The rulebook names what makes an update due, and this is not among it."""

    code = "occasion-cause-not-in-rulebook"
    title = "Cause not in this rulebook"


class ChangeInFuture(Conflict):
    """A limit runs from the day of the change, which must have come."""

    code = "occasion-in-future"
    title = "Change in the future"


class ResourcesNotYours(Conflict):
    """An occasion names resources of the department that registers it."""

    code = "occasion-resources-unknown"
    title = "Not resources of your department"


class UpdateOpen(Conflict):
    """Entries that the change concerns have not been handed to the authority since."""

    code = "occasion-update-open"
    title = "Update open"


class SettledAlready(Conflict):
    """The update was settled."""

    code = "occasion-settled-already"
    title = "Settled already"


class NotYourOccasion(Forbidden):
    """A department settles what it registered itself."""

    code = "occasion-not-yours"
    title = "Not your department's"


def check_cause(rulebook: Rulebook, cause: Change, changed_on: date, today: date) -> None:
    """Refuse a cause that the rulebook does not name, or that has not come.

    Raises CauseNotInRulebook and ChangeInFuture.
    """
    refresh = rulebook.catalogue_refresh
    if refresh.silent or cause not in refresh.value.after:
        known = "" if refresh.silent else "、".join(sorted(c.zh for c in refresh.value.after))
        raise CauseNotInRulebook(
            f"By this rulebook an update is due after: {known or 'nothing by name'}.",
            article=refresh.article,
            errors=[FieldError("cause", "not-in-rulebook", "Another cause.")],
        )
    if changed_on > today:
        raise ChangeInFuture(
            "Register the change on the day that it takes effect, or after it.",
            article=refresh.article,
        )


def limit_of(rulebook: Rulebook) -> int | None:
    """The working days after a change within which the update is due; None: in time (及时)."""
    limit = rulebook.catalogue_refresh_limit
    return None if limit.silent else limit.value


def check_known(named: Collection[UUID], own: Collection[UUID]) -> None:
    """Refuse resources that are not the department's own. Raises ResourcesNotYours."""
    unknown = [n for n, resource in enumerate(named) if resource not in own]
    if unknown:
        raise ResourcesNotYours(
            "Name resources of your own department.",
            errors=[FieldError(f"resources.{n}", "unknown", "Not yours.") for n in unknown],
        )


def check_updated(open_: Collection[UUID], rulebook: Rulebook) -> None:
    """Refuse to settle while entries wait to be updated. Raises UpdateOpen."""
    if open_:
        raise UpdateOpen(
            f"{len(open_)} of the entries concerned have not been compiled anew and handed to the "
            "competent authority since the change.",
            article=rulebook.catalogue_refresh.article,
            errors=[FieldError("resources", "not-updated", str(r)) for r in sorted(open_)],
        )
