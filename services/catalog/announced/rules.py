"""What of the catalogue may be public. Pure.

The catalogue of what is shared is announced to society where the rulebook wants it (jiangsu-2012
§9). Where it is silent, only what its department has opened to society is.
"""

from collections.abc import Iterable
from typing import Final

from services.catalog.items import Item, Openness
from services.catalog.search.documents import Facet
from shared.events.catalog import Grade, Secrecy, ShareType
from shared.rulebooks import Rulebook

SHARED: Final = frozenset({ShareType.UNCONDITIONAL, ShareType.CONDITIONAL})
OPENED: Final = frozenset({Openness.OPEN, Openness.CONDITIONAL})


def whole(rulebook: Rulebook) -> bool:
    """Whether all that is shared is announced, and not only what was opened to society."""
    announced = rulebook.catalogue_announced
    return not announced.silent and announced.value


def narrowed(rulebook: Rulebook) -> dict[Facet, frozenset[str]]:
    """The facets that everything public has."""
    facets: dict[Facet, frozenset[str]] = {
        Facet.SHARE_TYPE: frozenset(SHARED),
        Facet.GRADE: frozenset({Grade.ORDINARY}),
        Facet.SECRECY: frozenset({Secrecy.NONE}),
    }
    if not whole(rulebook):
        facets[Facet.OPENNESS] = frozenset(OPENED)
    return facets


def public_items(items: Iterable[Item]) -> list[Item]:
    """The items that may be named: those that are no secret and are shared."""
    return [
        item
        for item in items
        if item.secrecy is Secrecy.NONE and item.share_type is not ShareType.NOT_SHARED
    ]
