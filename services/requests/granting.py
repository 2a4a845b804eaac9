"""What becomes of a request: granted at once, answered by the provider, or negotiated.

Pure: no database, no HTTP, no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.errors import Conflict, FieldError
from shared.events.catalog import Grade, ItemType, Secrecy, ShareType
from shared.rulebooks.vocabulary import RequestClass


class Path(StrEnum):
    """The way that a request goes; a takeover is an old platform's grant that goes on."""

    AT_ONCE = "at-once"
    PROVIDER = "provider"
    NEGOTIATION = "negotiation"
    TAKEOVER = "takeover"


class Decision(StrEnum):
    """How a request ended: by the rulebook itself, or by the provider."""

    GRANTED_BY_RULE = "granted-by-rule"
    APPROVED = "approved"
    APPROVED_IN_PART = "approved-in-part"
    REFUSED = "refused"


class GrantState(StrEnum):
    """Whether anything may flow under a grant."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


class ItemsUnknown(Conflict):
    """Items are asked for or approved that the resource does not have."""

    code = "request-items-unknown"
    title = "Items unknown"


class ItemsNotRequested(Conflict):
    """An approval may narrow what was asked for, never widen it."""

    code = "request-items-not-requested"
    title = "Items not requested"


class ValidityPast(Conflict):
    """A grant would end before it begins."""

    code = "request-validity-past"
    title = "Validity in the past"


class GrantRevokedAlready(Conflict):
    """A grant is revoked once."""

    code = "grant-revoked-already"
    title = "Grant revoked already"


@dataclass(frozen=True, slots=True)
class OfferedItem:
    """One item of a resource, as far as sharing it is concerned."""

    code: str
    share_type: ShareType = ShareType.UNCONDITIONAL
    secrecy: Secrecy = Secrecy.NONE
    # None where the catalogue published it before types were told here.
    type: ItemType | None = None
    scale: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What the catalogue says of a resource; `withdrawn` once it has left the catalogue."""

    share_type: ShareType
    grade: Grade
    items: tuple[OfferedItem, ...]
    withdrawn: bool = False


def chosen(offer: Offer, codes: Sequence[str]) -> tuple[OfferedItem, ...]:
    """The items named by `codes`, in their order, each once. Raises ItemsUnknown."""
    offered = {item.code: item for item in offer.items}
    unknown = [
        FieldError(f"items.{index}", "unknown-item", "The resource has no item of this code.")
        for index, code in enumerate(codes)
        if code not in offered
    ]
    if unknown:
        raise ItemsUnknown(
            f"{len(unknown)} of the {len(codes)} items are not items of this resource.",
            errors=unknown,
        )
    return tuple(offered[code] for code in dict.fromkeys(codes))


def is_sensitive(offer: Offer, items: Sequence[OfferedItem]) -> bool:
    """Whether the request touches secrets or privacy: by the resource's grade or by an item."""
    return offer.grade is Grade.SENSITIVE or any(i.secrecy is not Secrecy.NONE for i in items)


def is_personal(items: Sequence[OfferedItem]) -> bool:
    """Whether one of them is somebody's private matter."""
    return any(item.secrecy is Secrecy.PRIVACY for item in items)


def path(offer: Offer, items: Sequence[OfferedItem]) -> Path:
    """The way of a request for `items`; the strictest of them decides.

    Unconditional is obtained directly, conditional needs the provider's answer, not shared is
    negotiated (jiangsu-2017 §16, baoji-2017 §16; outside the catalogue: jiangsu-2012 §13). A
    conditional entry may hold unconditional items, the basic ones above all (jiangsu-2017 §11(2),
    baoji-2017 §15(2)): each item says for itself. Secrets and privacy are never unconditional and
    need the provider's consent (baoji-2017 §15(4), yixing-2016 §9, jiangsu-2012 §18), whatever
    the entry says.
    """
    types = {item.share_type for item in items}
    entry_closed = offer.share_type is ShareType.NOT_SHARED
    if offer.withdrawn or entry_closed or ShareType.NOT_SHARED in types:
        return Path.NEGOTIATION
    if ShareType.CONDITIONAL in types or is_sensitive(offer, items):
        return Path.PROVIDER
    return Path.AT_ONCE


def classes(way: Path, *, sensitive: bool) -> frozenset[RequestClass]:
    """The classes of requests, as the rulebooks name them, to which this one belongs."""
    found = {RequestClass.ANY}
    if way is Path.PROVIDER:
        found.add(RequestClass.CONDITIONAL)
    if sensitive:
        found.add(RequestClass.SENSITIVE)
    return frozenset(found)


def narrowed(requested: Sequence[str], approved: Sequence[str] | None) -> tuple[str, ...]:
    """The items of an approval: those asked for, or some of them. Raises ItemsNotRequested."""
    if approved is None:
        return tuple(requested)
    beyond = [
        FieldError(f"items.{index}", "not-requested", "The requester did not ask for this item.")
        for index, code in enumerate(approved)
        if code not in requested
    ]
    if beyond:
        raise ItemsNotRequested(
            "An approval may narrow the items that were asked for, not add to them.",
            errors=beyond,
        )
    return tuple(dict.fromkeys(approved))


def check_validity(valid_from: datetime, valid_until: datetime | None) -> None:
    """Refuse a grant that ends before it begins. Raises ValidityPast."""
    if valid_until is not None and valid_until <= valid_from:
        raise ValidityPast("The grant would have ended already; name a later valid_until.")


def check_not_revoked(revoked_at: datetime | None) -> None:
    """Refuse a second revocation. Raises GrantRevokedAlready."""
    if revoked_at is not None:
        raise GrantRevokedAlready("This grant has been revoked already.")


def grant_state(
    valid_until: datetime | None, revoked_at: datetime | None, at: datetime
) -> GrantState:
    """What a grant is worth at `at`; a revocation outlives the end of its validity."""
    if revoked_at is not None:
        return GrantState.REVOKED
    if valid_until is not None and valid_until <= at:
        return GrantState.EXPIRED
    return GrantState.ACTIVE
