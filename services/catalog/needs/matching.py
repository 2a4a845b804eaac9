"""How well a published resource fits what a department needs, and why. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.catalog import names
from services.catalog.search import words

# The items weigh more than the name: what is needed is data, and names are chosen freely.
_NAME_SHARE: Final = 40
_ITEMS_SHARE: Final = 60
_SIMILAR: Final = 0.5


class Likeness(StrEnum):
    """In what a resource resembles what is needed."""

    SAME_NAME = "same-name"
    WORDS_OF_NAME = "words-of-name"
    SAME_ITEM = "same-item"
    SIMILAR_ITEM = "similar-item"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a resource is proposed: what was `wanted`, and what was `found` there."""

    likeness: Likeness
    wanted: str
    found: str


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a resource fits, from 0 to 100, and the reasons."""

    score: int
    reasons: tuple[Reason, ...]


def judge(
    name: str, wanted: Sequence[str], resource: str, abstract: str | None, items: Sequence[str]
) -> Fit:
    """How well `resource` with these items fits a need of this name and these wanted items."""
    by_name, told = _name(name, resource, abstract)
    reasons = [told] if told else []
    by_items = 0.0
    for item in wanted:
        found = _item(item, items)
        if found is None:
            continue
        by_items += 1 if found.likeness is Likeness.SAME_ITEM else _SIMILAR
        reasons.append(found)
    share = by_items / len(wanted) if wanted else by_name
    return Fit(round(_NAME_SHARE * by_name + _ITEMS_SHARE * share), tuple(reasons))


def significant(text: str) -> frozenset[str]:
    """The words of a text of more than one character, or all where it has no such word."""
    cut = words.words(text)
    return frozenset([word for word in cut if len(word) > 1] or cut)


def _name(name: str, resource: str, abstract: str | None) -> tuple[float, Reason | None]:
    if names.key(name) == names.key(resource):
        return 1.0, Reason(Likeness.SAME_NAME, name, resource)
    wanted = significant(name)
    common = wanted & significant(f"{resource}，{abstract or ''}")
    if not common:
        return 0.0, None
    share = len(common) / len(wanted)
    return share, Reason(Likeness.WORDS_OF_NAME, "、".join(sorted(common)), resource)


def _item(wanted: str, items: Sequence[str]) -> Reason | None:
    key, cut = names.key(wanted), significant(wanted)
    for item in items:
        if names.key(item) == key:
            return Reason(Likeness.SAME_ITEM, wanted, item)
    for item in items:
        found = significant(item)
        if cut and found and (cut <= found or found <= cut):
            return Reason(Likeness.SIMILAR_ITEM, wanted, item)
    return None
