"""Who can be lent to whom, and for how long. Pure."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from shared.errors import Conflict, Forbidden, NotFound

LONGEST: Final = timedelta(days=366)
"""No loan lasts longer; a department that needs one for good needs a reviewer of its own."""


class LoanUnknown(NotFound):
    """There is no such loan, or it is not the caller's to know of."""

    code = "reviewer-loan-not-found"
    title = "Loan not found"


class LoanNotPossible(Conflict):
    """The person or the time does not fit: of that department already, closed, too long."""

    code = "reviewer-loan-not-possible"
    title = "Loan not possible"


class LoanEnded(Conflict):
    """A loan ends once."""

    code = "reviewer-loan-ended"
    title = "Loan ended already"


class NotLent(Forbidden):
    """The caller was not lent to the department that the call is for, or not for now."""

    code = "reviewer-not-lent"
    title = "Not lent to this department"


def check_person(home: UUID, department: UUID, disabled_at: datetime | None) -> None:
    """Refuse who is of that department, or whose account is closed. Raises LoanNotPossible."""
    if home == department:
        raise LoanNotPossible("This person is of that department; give the role instead.")
    if disabled_at is not None:
        raise LoanNotPossible("This account is closed.")


def check_time(since: datetime, until: datetime, at: datetime) -> None:
    """Refuse a time that is over, or has no end in sight. Raises LoanNotPossible."""
    if until <= max(since, at):
        raise LoanNotPossible("The loan would end before it begins.")
    if until - since > LONGEST:
        raise LoanNotPossible("A loan lasts a year at most.")
