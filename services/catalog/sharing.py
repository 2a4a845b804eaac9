"""Share types, conditions, basic items and secrets: what the rulebook says about sharing.

Every rule here takes its values from the rulebook; where that is silent there is no rule.
"""

from collections.abc import Iterator
from typing import Final

from services.catalog import conditions
from services.catalog.classification import Topic
from services.catalog.entry import Entry
from services.catalog.items import Item
from shared.errors import FieldError
from shared.events.catalog import Grade, Secrecy, ShareType
from shared.rulebooks import Rulebook
from shared.rulebooks.vocabulary import BasicCategory, Network, Sensitivity

# The kinds of basic information that a place in the tree implies.
_IMPLIED: Final[dict[Topic, frozenset[BasicCategory]]] = {
    Topic.POPULATION: frozenset({BasicCategory.POPULATION}),
    Topic.LEGAL_ENTITY: frozenset(
        {BasicCategory.LEGAL_ENTITIES, BasicCategory.LEGAL_ENTITY_BASICS}
    ),
    Topic.GEOGRAPHY: frozenset({BasicCategory.GEOGRAPHY}),
    Topic.CERTIFICATE: frozenset({BasicCategory.CERTIFICATES}),
    Topic.CREDIT: frozenset({BasicCategory.CREDIT}),
}
_KIND_OF: Final[dict[Secrecy, Sensitivity]] = {
    Secrecy.PRIVACY: Sensitivity.PERSONAL_PRIVACY,
    Secrecy.COMMERCIAL: Sensitivity.COMMERCIAL_SECRET,
    Secrecy.WORK: Sensitivity.WORK_SECRET,
    Secrecy.STATE: Sensitivity.STATE_SECRET,
    Secrecy.ENFORCEMENT: Sensitivity.HARMS_ENFORCEMENT,
}


def share_type_of(entry: Entry, rulebook: Rulebook) -> ShareType | None:
    """The entry's share type, also under a rulebook that names none.

    Under such a one an empty sharing condition means unconditional, and any other conditional.
    None when the rulebook names types and the entry does not say which.
    """
    if entry.share_type is not None or rulebook.share_types.value.stated:
        return entry.share_type
    if conditions.is_empty(entry.share_condition):
        return ShareType.UNCONDITIONAL
    return ShareType.CONDITIONAL


def type_of(item: Item, entry_type: ShareType) -> ShareType:
    """The share type of an item: its own, or else that of its entry."""
    return item.share_type or entry_type


def problems(entry: Entry, rulebook: Rulebook) -> Iterator[FieldError]:
    """Everything about the entry's sharing that the rulebook does not allow."""
    yield from _types(entry, rulebook)
    yield from _condition(entry, rulebook)
    yield from _basis(entry, rulebook)
    yield from _strictness(entry, rulebook)
    yield from _secrets(entry, rulebook)
    yield from _basic(entry, rulebook)


def network_problems(entry: Entry, rulebook: Rulebook, network: Network) -> Iterator[FieldError]:
    """What the rulebook keeps off the outer network, where the installation stands on it.

    Such information is shared over a guarded network only. That it exists may be said on the outer
    one where it is not shared at all; of a state secret not even that.
    """
    guarded = rulebook.sensitive_network
    if network is not Network.OUTER or guarded.silent or guarded.value.network is Network.OUTER:
        return
    for field, secrecy, share_type in _secrecies(entry, share_type_of(entry, rulebook)):
        kind = kind_of(secrecy)
        if kind not in guarded.value.kinds:
            continue
        if share_type is ShareType.NOT_SHARED and kind is not Sensitivity.STATE_SECRET:
            continue
        yield FieldError(
            field,
            "network-not-allowed",
            f"Information of this kind is shared over {guarded.value.network.zh} only; this "
            "installation stands on the outer network.",
            guarded.article,
        )


def ruling_needed(entry: Entry, rulebook: Rulebook) -> FieldError | None:
    """Where two articles pull apart: basic items must be unconditional, and secret ones never.

    The secret wins, so that nothing leaks by default; that it does is the authority's ruling,
    which has to be on record with the publication.
    """
    never = _never(rulebook)
    if not any(kind_of(item.secrecy) in never for _, item in _basic_items(entry, rulebook)):
        return None
    return FieldError(
        "remarks",
        "ruling-missing",
        "A basic item is also secret or private: state the ruling under which it is shared "
        "with conditions.",
        _both(rulebook.basic_information.article, rulebook.never_unconditional.article),
    )


def kind_of(secrecy: Secrecy) -> Sensitivity | None:
    """The rulebooks' word for a kind of secret; None for what is none."""
    return _KIND_OF.get(secrecy)


def _types(entry: Entry, rulebook: Rulebook) -> Iterator[FieldError]:
    known = rulebook.must_share
    if entry.must_share is not None and not known.silent:
        categories = known.value.categories
        if entry.must_share not in categories:
            names = ", ".join(f"{c.value} {c.zh}" for c in sorted(categories))
            yield FieldError(
                "must_share",
                "must-share-unknown",
                f"This rulebook wants these shared: {names}.",
                known.article,
            )
    allowed = rulebook.share_types.value.types
    stated = [("share_type", entry.share_type)]
    stated += [(f"items.{n}.share_type", item.share_type) for n, item in enumerate(entry.items)]
    for field, share_type in stated:
        if share_type is not None and share_type not in allowed:
            names = ", ".join(f"{t.value} {t.zh}" for t in sorted(allowed))
            yield FieldError(
                field,
                "share-type-unknown",
                f"This rulebook knows these share types: {names}.",
                rulebook.share_types.article,
            )


def _condition(entry: Entry, rulebook: Rulebook) -> Iterator[FieldError]:
    condition = entry.share_condition or ""
    empty = conditions.is_empty(condition)
    article = rulebook.share_types.article
    if entry.share_type is ShareType.CONDITIONAL and empty:
        yield FieldError(
            "share_condition",
            "missing",
            "What is shared with conditions states the condition (共享条件).",
            article,
        )
    if entry.share_type is ShareType.UNCONDITIONAL and not empty:
        yield FieldError(
            "share_condition",
            "contradiction",
            "What is shared without condition has none; the field says 无条件 or nothing.",
            article,
        )
    asked = [("share_condition", condition), ("open_condition", entry.open_condition or "")]
    for field, text in asked:
        if not rulebook.free_of_charge.silent and conditions.asks_for_money(text):
            yield FieldError(
                field,
                "price-or-fee",
                "Sharing is free of charge; a condition cannot be a price or a fee.",
                rulebook.free_of_charge.article,
            )


def _basis(entry: Entry, rulebook: Rulebook) -> Iterator[FieldError]:
    withheld = entry.share_type is ShareType.NOT_SHARED or any(
        item.share_type is ShareType.NOT_SHARED for item in entry.items
    )
    if not withheld or rulebook.not_shared_basis.silent:
        return
    allowed, article = rulebook.not_shared_basis.value, rulebook.not_shared_basis.article
    basis = entry.legal_basis
    if basis is None or not basis.citation.strip():
        yield FieldError(
            "legal_basis",
            "missing",
            "What is not shared (不予共享) states the legal basis, down to the article.",
            article,
        )
    elif basis.kind not in allowed:
        kinds = ", ".join(kind.zh for kind in sorted(allowed))
        yield FieldError(
            "legal_basis.kind",
            "basis-insufficient",
            f"Only these can carry 不予共享: {kinds}.",
            article,
        )


def _strictness(entry: Entry, rulebook: Rulebook) -> Iterator[FieldError]:
    """An item cannot be kept back while the entry gives everything, nor given by one that
    gives nothing."""
    whole = share_type_of(entry, rulebook)
    if whole not in (ShareType.UNCONDITIONAL, ShareType.NOT_SHARED):
        return
    for number, item in enumerate(entry.items):
        if type_of(item, whole) is not whole:
            yield FieldError(
                f"items.{number}.share_type",
                "contradiction",
                f"The entry as a whole is {whole.value}; make the entry conditional, or the item "
                "the same.",
                rulebook.share_types.article,
            )


def _secrets(entry: Entry, rulebook: Rulebook) -> Iterator[FieldError]:
    whole = share_type_of(entry, rulebook)
    if not rulebook.secrecy_review.silent:
        excluded = rulebook.secrecy_review.value.excluded
        for field, secrecy, _ in _secrecies(entry, whole):
            if kind_of(secrecy) in excluded:
                yield FieldError(
                    field,
                    "secret-excluded",
                    "The secrecy review (保密审查) does not let information of this kind in.",
                    rulebook.secrecy_review.article,
                )
    never = _never(rulebook)
    for field, secrecy, share_type in _secrecies(entry, whole):
        if share_type is ShareType.UNCONDITIONAL and kind_of(secrecy) in never:
            yield FieldError(
                field.replace("secrecy", "share_type"),
                "sensitive-unconditional",
                "Information of this kind is never shared without condition.",
                rulebook.never_unconditional.article,
            )
    secret = {kind_of(secrecy) for _, secrecy, _ in _secrecies(entry, whole)} - {None}
    if secret and entry.grade is Grade.ORDINARY:
        kinds = rulebook.sensitive_kinds
        yield FieldError(
            "grade",
            "contradiction",
            "A resource with secret or private items is graded sensitive.",
            kinds.article if not kinds.silent and not secret.isdisjoint(kinds.value) else None,
        )


def _secrecies(
    entry: Entry, whole: ShareType | None
) -> Iterator[tuple[str, Secrecy, ShareType | None]]:
    yield "secrecy", entry.secrecy, whole
    for number, item in enumerate(entry.items):
        yield f"items.{number}.secrecy", item.secrecy, item.share_type or whole


def _never(rulebook: Rulebook) -> frozenset[Sensitivity]:
    return (
        frozenset() if rulebook.never_unconditional.silent else (rulebook.never_unconditional.value)
    )


def _wholly_basic(entry: Entry, rulebook: Rulebook) -> bool:
    """Whether the rulebook wants the whole entry unconditional, and not its basic items only."""
    basic = rulebook.basic_information
    return (
        not basic.silent
        and not basic.value.basic_items_only
        and entry.basic_category in basic.value.categories
    )


def _basic_items(entry: Entry, rulebook: Rulebook) -> Iterator[tuple[int, Item]]:
    """The items that the rulebook wants unconditional, with their places."""
    basic = rulebook.basic_information
    if basic.silent:
        return
    place = entry.classification
    categories = set(_IMPLIED.get(place.topic, ()) if place is not None else ())
    if entry.basic_category is not None:
        categories.add(entry.basic_category)
    if basic.value.categories.isdisjoint(categories):
        return
    whole = _wholly_basic(entry, rulebook)
    yield from ((n, item) for n, item in enumerate(entry.items) if item.basic or whole)


def _basic(entry: Entry, rulebook: Rulebook) -> Iterator[FieldError]:
    article, never = rulebook.basic_information.article, _never(rulebook)
    whole = share_type_of(entry, rulebook)
    secret = any(kind_of(secrecy) in never for _, secrecy, _ in _secrecies(entry, whole))
    if _wholly_basic(entry, rulebook) and whole is not ShareType.UNCONDITIONAL and not secret:
        yield FieldError(
            "share_type",
            "basic-not-unconditional",
            "Information of this kind is shared without condition.",
            article,
        )
    for number, item in _basic_items(entry, rulebook):
        share_type = item.share_type or whole
        if share_type is not ShareType.UNCONDITIONAL and kind_of(item.secrecy) not in never:
            yield FieldError(
                f"items.{number}.share_type",
                "basic-not-unconditional",
                "Basic items (基础信息项) are shared among departments without condition.",
                article,
            )


def _both(one: str | None, other: str | None) -> str | None:
    return "; ".join(article for article in (one, other) if article) or None
