"""Prints rows for a person in columns that also stand straight with Chinese in them."""

import unicodedata
from collections.abc import Sequence


def lines(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """One line a row, the head first; every cell on one line and without control characters."""
    cells = [[plain(cell) for cell in row] for row in [head, *rows]]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in cells
    ]


def plain(text: str) -> str:
    """The text on one line: what a server sends must not be able to move the cursor."""
    return "".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in text)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
