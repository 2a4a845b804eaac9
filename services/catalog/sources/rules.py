"""Who may collect what another department already collects. Pure.

jiangsu-2012 §11-12, jiangsu-2017 §4(3) §16(2), yixing-2016 §14, baoji-2017 §4(3).
"""

from collections.abc import Collection
from typing import Final

from shared.errors import Conflict, FieldError, Forbidden, NotFound
from shared.principal import Principal
from shared.rulebooks import Rulebook
from shared.rulebooks.vocabulary import LegalBasis

_REMEDY: Final = (
    "Take it from the department that collects it, state that yours collects it second, or ask "
    "the authority to rule."
)


class CollectionRulingUnknown(NotFound):
    """There is no such ruling, or it does not concern the caller's region."""

    code = "collection-ruling-unknown"
    title = "Ruling unknown"


class CollectionNotTheAuthority(Forbidden):
    """The competent authority of a region sees its duplicates and says who collects."""

    code = "collection-not-the-authority"
    title = "Not the competent authority"


class SecondaryNotYours(Forbidden):
    """The providing department states what it collects second."""

    code = "secondary-collection-not-yours"
    title = "Not your department's resource"


class SecondaryItemUnknown(Conflict):
    """What is collected second is an item of the resource."""

    code = "secondary-collection-item-unknown"
    title = "Not an item of the resource"


class CollectorUnfit(Conflict):
    """Who leads, and who may collect beside it, are departments of the authority's region."""

    code = "collection-department-unfit"
    title = "Department unfit"


class CollectionBasisUnfit(Conflict):
    """Two collect the same only where the basis that the rulebook names provides for it."""

    code = "collection-basis-unfit"
    title = "Basis unfit"


class CollectionUnsettled(Conflict):
    """Items repeat basic items that another department shares, and nobody has settled who leads."""

    code = "collection-unsettled"
    title = "Collected by another department"


def binds(rulebook: Rulebook) -> bool:
    """Whether the rulebook forbids collecting again what sharing gives, and not in principle only.

    Otherwise duplicates are shown and reported, and refuse nothing.
    """
    repeat = rulebook.repeat_collection
    return not repeat.silent and not repeat.value.in_principle


def article_of(rulebook: Rulebook) -> str | None:
    """The article behind one datum, one source."""
    if not rulebook.repeat_collection.silent:
        return rulebook.repeat_collection.article
    return rulebook.one_source.article


def check_report(viewer: Principal) -> None:
    """Refuse the report to who oversees nobody. Raises CollectionNotTheAuthority."""
    if viewer.authority is None:
        raise CollectionNotTheAuthority("The competent authority of a region sees its duplicates.")


def check_basis(rulebook: Rulebook, kind: LegalBasis) -> None:
    """Refuse a basis on which the rulebook lets nobody collect again. Raises."""
    repeat = rulebook.repeat_collection
    if repeat.silent or not repeat.value.except_under:
        return
    under = set(repeat.value.except_under)
    if LegalBasis.REGULATION in under:
        # 法规 are those of the State Council and local ones alike.
        under.add(LegalBasis.ADMINISTRATIVE_REGULATION)
    if kind in under:
        return
    known = "、".join(sorted(basis.zh for basis in repeat.value.except_under))
    raise CollectionBasisUnfit(
        f"By this rulebook a second collection rests on: {known}.",
        article=repeat.article,
        errors=[FieldError("basis.kind", "not-in-rulebook", "Another basis.")],
    )


def check_settled(unsettled: Collection[tuple[int, str]], rulebook: Rulebook) -> None:
    """Refuse while items, by position and name, are another's. Raises CollectionUnsettled."""
    if not unsettled:
        return
    article = article_of(rulebook)
    raise CollectionUnsettled(
        f"Another department already shares {len(unsettled)} of these basic items. {_REMEDY}",
        article=article,
        errors=[
            FieldError(f"items.{n}", "collected-elsewhere", name, article=article)
            for n, name in sorted(unsettled)
        ],
    )
