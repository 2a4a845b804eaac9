"""When a department may be suspended, by whom, and what that takes from it. Pure.

Only where the rulebook knows suspension: notice to rectify first, and suspension of the right to
others' data when it was not done in time (baoji-2017 §29). Lifting is ours (design).
"""

from datetime import date, datetime
from uuid import UUID

from shared.errors import Conflict, FieldError, Forbidden, NotFound
from shared.principal import Principal
from shared.rulebooks import Rulebook
from shared.rulebooks.duties import SanctionStep, SanctionTrigger


class SuspensionNotInRulebook(Conflict):
    """The rulebook knows no suspension; the article is that of its own ladder."""

    code = "suspension-not-in-rulebook"
    title = "No suspension in this rulebook"


class NotTheAuthority(Forbidden):
    """Only the competent authority of the installation suspends, and lifts what it suspended."""

    code = "suspension-not-the-authority"
    title = "Not the competent authority"


class OwnSuspension(Conflict):
    """An authority does not suspend itself."""

    code = "suspension-own-department"
    title = "Own department"


class DepartmentUnknown(NotFound):
    """No such department, as far as this service has heard."""

    code = "suspension-department-unknown"
    title = "Department unknown"


class ViolationUnlisted(Conflict):
    """The rulebook lists what may lead to a sanction, and this is not among it."""

    code = "suspension-violation-unlisted"
    title = "Violation not listed"


class NotOverdue(Conflict):
    """The time that the notice to rectify set has not passed."""

    code = "suspension-not-overdue"
    title = "Not overdue"


class NoticeImpossible(Conflict):
    """A notice is given before its time ends, and not in the future."""

    code = "suspension-notice-impossible"
    title = "Notice impossible"


class SuspendedAlready(Conflict):
    """The department is suspended."""

    code = "suspension-in-force"
    title = "Suspended already"


class SuspendedEnded(Conflict):
    """The department is no more; what it held is its heirs'."""

    code = "suspension-department-ended"
    title = "Department ended"


class LiftedAlready(Conflict):
    """A suspension is lifted once."""

    code = "suspension-lifted-already"
    title = "Lifted already"


class DepartmentSuspended(Forbidden):
    """A suspended department gives, and does not ask for others' data."""

    code = "request-department-suspended"
    title = "Department suspended"


def check_authority(by: Principal, installation: str, region: str) -> None:
    """Refuse everyone but the installation's authority. Raises NotTheAuthority.

    `installation` is the GB/T 2260 code of the region that the installation serves, `region` the
    path of the department's. The city's office suspends, no county's (baoji-2017 §29).
    """
    leads = by.authority is not None and by.authority.rpartition("/")[2] == installation
    if not leads or not by.oversees(region):
        raise NotTheAuthority(
            "Only the competent authority that this platform serves suspends a department."
        )


def check_in_being(*, ended: bool) -> None:
    """Refuse the suspension of a department that is no more. Raises SuspendedEnded."""
    if ended:
        raise SuspendedEnded("This department is no more; suspend the one that follows it.")


def check_other(by: Principal, department: UUID) -> None:
    """Refuse the suspension of one's own department. Raises OwnSuspension."""
    if by.department == department:
        raise OwnSuspension("The competent authority does not suspend itself.")


def article_of(rulebook: Rulebook) -> str:
    """The article that a suspension rests on. Raises SuspensionNotInRulebook."""
    if rulebook.suspension.silent:
        ladder = rulebook.sanction_ladder
        steps = "" if ladder.silent else "、".join(rung.step.zh for rung in ladder.value.steps)
        raise SuspensionNotInRulebook(
            f"This rulebook knows no suspension; its measures are: {steps}.",
            article=ladder.article,
        )
    return str(rulebook.suspension.article)


def check_violation(rulebook: Rulebook, violation: str) -> None:
    """Refuse what the rulebook does not list. Raises ViolationUnlisted."""
    listed = {v.id: v for v in rulebook.violations.value}
    if violation not in listed:
        raise ViolationUnlisted(
            "The rulebook lists the violations that may lead to this: " + ", ".join(listed) + ".",
            article=rulebook.violations.article,
            errors=[FieldError("violation", "unlisted", "Name one of those listed.")],
        )


def check_overdue(rulebook: Rulebook, notified_on: date, rectify_by: date, today: date) -> None:
    """Refuse a suspension before the time to rectify is over.

    Raises NoticeImpossible, NotOverdue. The local days are the installation's.
    """
    if notified_on > rectify_by or notified_on > today:
        raise NoticeImpossible(
            "The notice was given no later than today, and before its time ends."
        )
    ladder = rulebook.sanction_ladder
    awaited = any(
        rung.step is SanctionStep.SUSPENSION and rung.when is SanctionTrigger.OVERDUE
        for rung in ladder.value.steps
    )
    if awaited and today <= rectify_by:
        raise NotOverdue(
            f"The department may still rectify until {rectify_by}; suspension comes after.",
            article=ladder.article,
        )


def check_not_suspended(in_force: UUID | None) -> None:
    """Refuse a second suspension. Raises SuspendedAlready."""
    if in_force is not None:
        raise SuspendedAlready(f"This department is suspended already, by {in_force}.")


def check_not_lifted(lifted_at: datetime | None) -> None:
    """Refuse to lift twice. Raises LiftedAlready."""
    if lifted_at is not None:
        raise LiftedAlready("This suspension was lifted already.")


def check_may_ask(article: str | None) -> None:
    """Refuse a request for others' data while suspended. Raises DepartmentSuspended.

    `article` is that of the suspension in force, None where there is none.
    """
    if article is not None:
        raise DepartmentSuspended(
            "Your department's right to others' data is suspended; it may ask again when the "
            "competent authority has lifted the suspension. What it provides goes on.",
            article=article,
        )
