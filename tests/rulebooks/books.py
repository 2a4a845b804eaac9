"""The four rulebooks as they hold today, for the tests that read values."""

from datetime import date

from shared.rulebooks import Rulebook, load

ON = date(2026, 3, 1)
IDS = ("jiangsu-2012", "jiangsu-2017", "yixing-2016", "baoji-2017")


def book(rulebook_id: str) -> Rulebook:
    """The rulebook on a day on which all four are in force."""
    return load(rulebook_id, ON)
