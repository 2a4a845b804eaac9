"""Who draws up a yearly plan, when it is frozen, and how far it has come. Pure.

baoji-2017 §5: the authority puts forward the yearly plan of the sharing catalogue; §23: the year
is assessed against it. A rulebook that knows no plan has none.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.catalog import names
from shared.errors import Conflict, FieldError, Forbidden, NotFound
from shared.principal import Principal
from shared.rulebooks import Rulebook


class PlanState(StrEnum):
    """A plan is drawn up, then adopted for good."""

    DRAFT = "draft"
    ADOPTED = "adopted"


class Progress(StrEnum):
    """How far one item of a plan has come."""

    DONE = "done"
    DONE_LATE = "done-late"
    OPEN = "open"
    OVERDUE = "overdue"


class PlanUnknown(NotFound):
    """There is no such plan, or it is still a draft of somebody else."""

    code = "year-plan-unknown"
    title = "Plan unknown"


class PlanNotInRulebook(Conflict):
    """The rulebook knows no yearly plan."""

    code = "year-plan-not-in-rulebook"
    title = "No yearly plan in this rulebook"


class PlanFrozen(Conflict):
    """An adopted plan never changes: the year is assessed against it."""

    code = "year-plan-frozen"
    title = "Plan frozen"


class PlanThere(Conflict):
    """The region has a plan for that year."""

    code = "year-plan-there"
    title = "Plan there already"


class PlanEmpty(Conflict):
    """A plan without items promises nothing."""

    code = "year-plan-empty"
    title = "Plan empty"


class PlanUnfit(Conflict):
    """An item of the plan cannot stand in it; all reasons are in `errors`."""

    code = "year-plan-unfit"
    title = "Plan unfit"


class NotThePlanner(Forbidden):
    """The competent authority draws up the plan of its own region."""

    code = "year-plan-not-yours"
    title = "Not the competent authority"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One item of a plan: what is to be shared, until when."""

    name: str
    due_on: date


def article_of(rulebook: Rulebook) -> str:
    """The article that wants a plan. Raises PlanNotInRulebook."""
    if rulebook.year_plan.silent:
        raise PlanNotInRulebook("This rulebook knows no yearly plan for the sharing catalogue.")
    return str(rulebook.year_plan.article)


def region_of(by: Principal) -> str:
    """The region for which the caller plans. Raises NotThePlanner."""
    if by.authority is None:
        raise NotThePlanner("The competent authority draws up the yearly plan.")
    return by.authority


def check_planner(by: Principal, region: str) -> None:
    """Refuse all but the region's own authority. Raises NotThePlanner."""
    if by.authority != region:
        raise NotThePlanner("The competent authority of the region draws up its plan.")


def check_promises(year: int, promises: list[Promise]) -> None:
    """Refuse what cannot stand in the plan of a year. Raises PlanUnfit."""
    faults, seen = [], set[str]()
    for number, promise in enumerate(promises):
        if promise.due_on.year != year:
            sentence = f"A day of {year}."
            faults.append(FieldError(f"items.{number}.due_on", "other-year", sentence))
        if names.key(promise.name) in seen:
            sentence = "Another item above has this name."
            faults.append(FieldError(f"items.{number}.name", "repeated", sentence))
        seen.add(names.key(promise.name))
    if faults:
        raise PlanUnfit("These items cannot stand in the plan as they are.", errors=faults)


def progress(due_on: date, shared_on: date | None, today: date) -> Progress:
    """How far an item has come that was first shared on a local day, or was not yet."""
    if shared_on is not None:
        return Progress.DONE if shared_on <= due_on else Progress.DONE_LATE
    return Progress.OVERDUE if due_on < today else Progress.OPEN
