"""The duties of the rulebooks, read from duties.toml: what `@pytest.mark.duty` may name."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

RULEBOOKS = ("jiangsu-2012", "jiangsu-2017", "yixing-2016", "baoji-2017")
_ARTICLE = re.compile(r"(?P<rulebook>[a-z]+-\d{4}) §\d+(\(\d+\))*")


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty by its id, in both languages, with each rulebook's articles that lay it down."""

    id: str
    title: str
    meaning: str
    articles: dict[str, str]


def _read() -> dict[str, Duty]:
    tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {
        name: Duty(
            name,
            table["title"],
            table["meaning"],
            {book: table[book] for book in RULEBOOKS if book in table},
        )
        for name, table in tables.items()
    }


DUTIES = _read()


class UnknownDuty(Exception):
    """A mark names a duty or an article that there is not."""


def rulebook_of(article: str) -> str:
    """The rulebook that an article such as `baoji-2017 §15(4)` belongs to. Raises UnknownDuty."""
    match = _ARTICLE.fullmatch(article)
    if match is None or match["rulebook"] not in RULEBOOKS:
        raise UnknownDuty(f"{article!r} is no article: write it like 'baoji-2017 §15(4)'")
    return match["rulebook"]
