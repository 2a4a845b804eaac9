"""Chinese text as lexemes: what is written into the search index, and what is asked of it.

Both sides are cut by the same dictionary here and not by PostgreSQL, whose parsers do not know
where a Chinese word ends; the literals below are read by its `tsvector` and `tsquery` types
without any parsing of words, so a database's locale cannot change what is found.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import Final

import rjieba

# Limits of PostgreSQL's tsvector: positions end at 16,383, 255 of them to a lexeme.
_LAST_POSITION: Final = 16_383
_MOST_POSITIONS: Final = 255
_LONGEST: Final = 64
_MOST_WORDS: Final = 32


class Weight(StrEnum):
    """Where a lexeme stood, by the weight that PostgreSQL ranks it with."""

    NAME = "A"
    ITEM = "B"
    DEPARTMENT = "C"
    ABSTRACT = "D"


def words(text: str) -> list[str]:
    """The text as words, each also with the shorter words inside it, in reading order."""
    return _clean(rjieba.cut_for_search(_fold(text)))


def document(parts: Iterable[tuple[Weight, str]]) -> str:
    """The parts as one tsvector literal, each lexeme with its positions and weights."""
    positions: dict[str, list[str]] = {}
    at = count(1)
    for weight, text in parts:
        for word in words(text):
            places = positions.setdefault(word, [])
            if len(places) < _MOST_POSITIONS:
                places.append(f"{min(next(at), _LAST_POSITION)}{weight}")
    return " ".join(f"{_quoted(word)}:{','.join(places)}" for word, places in positions.items())


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of the index, as tsquery literals.

    `match` says what must occur; `rank` is the same words one by one, so that a match counts by
    where its words stand and not by how near they happen to stand across fields.
    """

    match: str
    rank: str


def query(text: str) -> Query | None:
    """What a searcher typed; None when it holds no word.

    Every word must occur, whole or in its parts: 法人单位 also finds 单位法人.
    """
    wanted = list(dict.fromkeys(_clean(rjieba.cut(_fold(text)))))[:_MOST_WORDS]
    if not wanted:
        return None
    every = dict.fromkeys(part for word in wanted for part in (word, *words(word)))
    return Query(
        match=" & ".join(_alternatives(word) for word in wanted),
        rank=" | ".join(_quoted(part) for part in every),
    )


def _alternatives(word: str) -> str:
    inner = [part for part in dict.fromkeys(words(word)) if part != word]
    if len(inner) < 2:
        return _quoted(word)
    return f"({_quoted(word)} | ({' & '.join(_quoted(part) for part in inner)}))"


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _clean(cut: Iterable[str]) -> list[str]:
    found = []
    for piece in cut:
        word = "".join(character for character in piece if character.isalnum())
        if word:
            found.append(word[:_LONGEST])
    return found


def _quoted(word: str) -> str:
    # A word holds letters and digits only (see _clean), so nothing in it needs escaping.
    return f"'{word}'"
