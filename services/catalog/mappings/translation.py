"""A mapping at work: from another product's headings and codes to the fields and words here.

Pure: no database, no HTTP, no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from services.catalog.workbook.words import plain


@dataclass(frozen=True, slots=True)
class Translation:
    """`columns`: a foreign heading or member to the path of a field; `values`: of a field's
    path, foreign codes to the value here. Items' fields are named `items.type`.

    Headings and codes are compared without regard to width, case and spaces.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, columns: Mapping[str, str], values: Mapping[str, Mapping[str, str]]
    ) -> "Translation":
        """The translation that a mapping describes, made ready for comparison."""
        return cls(
            {plain(theirs): ours for theirs, ours in columns.items()},
            {
                path: {plain(theirs): ours for theirs, ours in codes.items()}
                for path, codes in values.items()
            },
        )

    def path(self, heading: str) -> str | None:
        """The field that a foreign heading means, None where the mapping does not know it."""
        return self.columns.get(plain(heading))

    def value(self, path: str, text: str) -> str:
        """The value here that a foreign code of the field means; the text itself otherwise."""
        codes = self.values.get(path)
        return codes.get(plain(text), text) if codes else text


NONE: Final = Translation()
