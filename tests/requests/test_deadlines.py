"""Until when a provider must answer, under each rulebook."""

from datetime import date

import pytest

from services.requests.deadlines import Deadline, answer_deadline, days_late
from services.requests.granting import Path, classes
from shared.rulebooks import load
from shared.workdays import Calendar

MONDAY = date(2026, 3, 2)
TEN, FIFTEEN = date(2026, 3, 16), date(2026, 3, 23)
SHIPPED = Calendar()

LIMITS = [
    # rulebook, way, sensitive, the last day, the article
    ("jiangsu-2017", Path.PROVIDER, False, TEN, "jiangsu-2017 §16"),
    ("jiangsu-2017", Path.PROVIDER, True, TEN, "jiangsu-2017 §16"),
    ("jiangsu-2017", Path.NEGOTIATION, False, None, None),
    ("baoji-2017", Path.PROVIDER, False, TEN, "baoji-2017 §16"),
    ("baoji-2017", Path.PROVIDER, True, TEN, "baoji-2017 §16"),
    ("baoji-2017", Path.NEGOTIATION, True, None, None),
    ("jiangsu-2012", Path.PROVIDER, True, FIFTEEN, "jiangsu-2012 §18"),
    ("jiangsu-2012", Path.NEGOTIATION, True, FIFTEEN, "jiangsu-2012 §18"),
    ("jiangsu-2012", Path.PROVIDER, False, None, None),
    ("yixing-2016", Path.PROVIDER, True, FIFTEEN, "jiangsu-2012 §18"),
    ("yixing-2016", Path.PROVIDER, False, None, None),
]


@pytest.mark.duty("D12", "jiangsu-2012 §18", "jiangsu-2017 §16", "baoji-2017 §16")
@pytest.mark.parametrize(("rulebook", "way", "sensitive", "due", "article"), LIMITS)
def test_the_provider_answers_inside_the_limit_of_its_rulebook(
    rulebook: str, way: Path, sensitive: bool, due: date | None, article: str | None
) -> None:
    law = load(rulebook, MONDAY)
    found = answer_deadline(law, classes(way, sensitive=sensitive), MONDAY, SHIPPED)
    assert found == (Deadline(due, False, article) if due else None)


@pytest.mark.parametrize("rulebook", ["jiangsu-2012", "jiangsu-2017", "yixing-2016", "baoji-2017"])
def test_what_is_granted_at_once_has_no_limit(rulebook: str) -> None:
    asked = classes(Path.AT_ONCE, sensitive=False)
    assert answer_deadline(load(rulebook, MONDAY), asked, MONDAY, SHIPPED) is None


def test_a_limit_into_an_unannounced_year_is_provisional_until_the_authority_fills_it_in() -> None:
    law = load("baoji-2017", date(2026, 12, 21))
    asked = classes(Path.PROVIDER, sensitive=False)
    began = date(2026, 12, 21)
    assert answer_deadline(law, asked, began, SHIPPED) == Deadline(
        date(2027, 1, 4), True, "baoji-2017 §16"
    )
    filled = Calendar(closures=frozenset({date(2027, 1, 1)}), announced=frozenset({2027}))
    assert answer_deadline(law, asked, began, filled) == Deadline(
        date(2027, 1, 5), False, "baoji-2017 §16"
    )


@pytest.mark.parametrize(
    ("due", "answered", "today", "late"),
    [
        (None, None, date(2026, 4, 1), 0),
        (TEN, None, TEN, 0),
        (TEN, None, date(2026, 3, 17), 1),
        (TEN, TEN, date(2026, 4, 1), 0),
        (TEN, date(2026, 3, 20), date(2026, 4, 1), 4),
        (TEN, date(2026, 3, 3), date(2026, 3, 3), 0),
    ],
)
def test_lateness_counts_calendar_days_from_the_last_day_to_the_answer(
    due: date | None, answered: date | None, today: date, late: int
) -> None:
    assert days_late(due, answered, today) == late
