"""Until when the provider must have answered, and how late it is. Pure: the clock is handed in."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from shared.rulebooks import Rulebook
from shared.rulebooks.vocabulary import RequestClass
from shared.workdays import Calendar, add_working_days


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day on which the provider's answer is in time, and the article that says so.

    `provisional` while the count crosses a year whose working days are not announced.
    """

    on: date
    provisional: bool
    article: str | None


def answer_deadline(
    rulebook: Rulebook, asked: AbstractSet[RequestClass], began: date, calendar: Calendar
) -> Deadline | None:
    """The limit of the provider's answer to a request of these classes; None where none is set.

    `began` is the local date of receipt, which is not counted. Ten working days for conditional
    resources (jiangsu-2017 §16, baoji-2017 §16), fifteen for sensitive ones (jiangsu-2012 §18,
    also under yixing-2016): the rulebook's data, not this function, says so.
    """
    limit = rulebook.provider_answer
    if limit.silent or limit.value.applies_to not in asked:
        return None
    due = add_working_days(began, limit.value.working_days, calendar)
    return Deadline(due.date, due.provisional, limit.article)


def days_late(due_on: date | None, answered_on: date | None, today: date) -> int:
    """Calendar days between the last day and the answer, or today while there is none; from 0."""
    if due_on is None:
        return 0
    return max(0, ((answered_on or today) - due_on).days)
