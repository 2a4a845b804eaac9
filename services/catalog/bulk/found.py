"""An entry as it was found in something handed in, and what is wrong with it, and where.

Pure: no database, no HTTP, no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pydantic import JsonValue

LONGEST_VALUE: Final = 200
LONGEST_KEY: Final = 200


class Severity(StrEnum):
    """Whether a problem keeps the entry out."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a sheet and a cell of it, or a line; and what stands there.

    `cell` is like `C7` in a workbook, the number of the line or of the record elsewhere.
    """

    sheet: str
    cell: str
    value: str | None = None

    def holding(self, value: str | None) -> "Place":
        """The same place, with what came there, cut to what a report shows."""
        shown = None if value is None else value[:LONGEST_VALUE]
        return Place(self.sheet, self.cell, shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong at one place. `field` is the path in the entry, as the API takes it.

    `zh` and `en` say the same to a person; `article` is where the law says it, if it does.
    """

    place: Place
    field: str
    code: str
    zh: str
    en: str
    article: str | None = None
    severity: Severity = Severity.ERROR


@dataclass(slots=True, kw_only=True)
class Found:
    """An entry as it was found: `told` is what the API would be told, `places` where each field
    of it stood, `place` where the whole of it stands.

    `key` is the department's own identifier, None where the source gave none.
    """

    key: str | None
    place: Place
    told: dict[str, JsonValue]
    places: Mapping[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def at(self, path: str) -> Place:
        """Where the field of that path stood, or else what is nearest to it.

        `classification` stands where `classification.attribute` does, `items.3.code` where it
        was stated or else where the item is.
        """
        steps = path.split(".")
        for length in range(len(steps), 0, -1):
            wanted = ".".join(steps[:length])
            exact = self.places.get(wanted)
            if exact is not None:
                return exact
            below = f"{wanted}."
            inside = next((p for name, p in self.places.items() if name.startswith(below)), None)
            if inside is not None:
                return inside
        return self.place


class Unreadable(Exception):
    """What was handed in cannot be read at all; the sentence says why and what to do.

    `code` is permanent, as that of a refusal.
    """

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en
