"""Chinese text as words, cut the same way where it is written and where it is asked for. Pure."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import rjieba

_LONGEST: Final = 64
_MOST_WORDS: Final = 32
_LONGEST_NAME: Final = 200
BEGINNING: Final = 8
"""How many typed characters are looked up as they are; few names share more than that."""
BETWEEN: Final = "\x1f"
"""Between what somebody may type and the name that it leads to; no name holds it."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a search: it occurs whole, or all of its `parts` do (none: only whole)."""

    whole: str
    parts: tuple[str, ...]


def words(text: str) -> list[str]:
    """The text as words, each also with the shorter words inside it, in reading order."""
    return _clean(rjieba.cut_for_search(fold(text)))


def asked(text: str) -> list[Word]:
    """The words that somebody searches for; every one must occur. Empty where there is none."""
    whole = list(dict.fromkeys(_clean(rjieba.cut(fold(text)))))[:_MOST_WORDS]
    return [Word(word, _inside(word)) for word in whole]


def completions(name: str) -> Iterator[str]:
    """What somebody may begin to type for a name: it, or it from one of its words on.

    Each followed by BETWEEN and the whole name, so that the beginning leads to it.
    """
    folded = fold(name)[:_LONGEST_NAME]
    at = 0
    for piece in rjieba.cut(folded):
        if any(character.isalnum() for character in piece):
            yield f"{folded[at:]}{BETWEEN}{name[:_LONGEST_NAME]}"
        at += len(piece)


def beginnings(completions: Iterable[str]) -> set[str]:
    """Everything short that somebody may have typed when they mean one of these."""
    return {
        completion[:length]
        for completion in completions
        for length in range(1, min(BEGINNING, completion.index(BETWEEN)) + 1)
    }


def fold(text: str) -> str:
    """The text without what makes no difference: width and case."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _inside(word: str) -> tuple[str, ...]:
    parts = tuple(part for part in dict.fromkeys(words(word)) if part != word)
    return parts if len(parts) > 1 else ()


def _clean(cut: Iterable[str]) -> list[str]:
    found = []
    for piece in cut:
        # Nearly every piece is a word as it is; an index of a million entries is cut of few others.
        word = piece if piece.isalnum() else "".join(filter(str.isalnum, piece))
        if word:
            found.append(word[:_LONGEST])
    return found
