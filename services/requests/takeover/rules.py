"""What may be taken over, and how far: never wider than it was. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.requests.granting import Offer
from shared.errors import Conflict, FieldError, Forbidden
from shared.principal import Principal


class TakeoverState(StrEnum):
    """Where an old grant stands: it waits for its provider, or somebody has settled it."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class GrantTakeoverNotTheAuthority(Forbidden):
    """Old grants are brought in by the competent authority of their provider's region."""

    code = "grant-takeover-not-the-authority"
    title = "Not the authority"


class GrantTakeoverOwn(Forbidden):
    """Nobody confirms what they brought in themselves: a takeover takes two people."""

    code = "grant-takeover-own-decision"
    title = "Own takeover"


class GrantTakeoverUnfit(Conflict):
    """Some of the old grants cannot be taken over; `errors` says which and why."""

    code = "grant-takeover-unfit"
    title = "Old grants unfit"


class GrantTakeoverSettled(Conflict):
    """Its provider has answered, or the authority has called it off."""

    code = "grant-takeover-settled"
    title = "Settled already"


class GrantTakeoverStale(Conflict):
    """What the old grant rests on is no more."""

    code = "grant-takeover-stale"
    title = "Nothing to take over"


class GrantTakeoverWidened(Conflict):
    """A taken over grant may be narrower than it was, never wider."""

    code = "grant-takeover-widened"
    title = "Wider than it was"


@dataclass(frozen=True, slots=True)
class Terms:
    """How far a grant reaches: until when, and how often on one day; None is not bounded."""

    valid_until: datetime | None
    calls_per_day: int | None
    keys_per_day: int | None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known here of the two sides of an old grant; `offer` is None for no resource."""

    provider: UUID | None
    offer: Offer | None
    grantee_stands: bool


def check_authority(by: Principal, region: str | None = None) -> None:
    """Refuse whoever is no competent authority, or not that region's.

    Raises GrantTakeoverNotTheAuthority.
    """
    if by.authority is None or (region is not None and not by.oversees(region)):
        raise GrantTakeoverNotTheAuthority(
            "Old grants are brought in, and called off, by the competent authority."
        )


def check_second_person(by: Principal, proposed_by: str) -> None:
    """Refuse the person who brought it in, and who stands in for them. Raises GrantTakeoverOwn."""
    if proposed_by in by.hands:
        raise GrantTakeoverOwn("Whoever brought an old grant in does not confirm it.")


def check_waiting(state: TakeoverState) -> None:
    """Refuse a second answer. Raises GrantTakeoverSettled."""
    if state is not TakeoverState.PROPOSED:
        raise GrantTakeoverSettled(f"This takeover is {state} already.")


def check_stands(known: Known, grantee: UUID) -> None:
    """Refuse a takeover of what is no more. Raises GrantTakeoverStale."""
    for _, _, sentence in _faults_of_sides(known, grantee):
        raise GrantTakeoverStale(sentence + " Refuse it, or have the authority call it off.")


def faults(
    place: str,
    known: Known,
    *,
    grantee: UUID,
    items: Sequence[str],
    granted_on: date,
    valid_until: datetime | None,
    today: date,
    at: datetime,
) -> list[FieldError]:
    """Why an old grant cannot be taken over, by its fields below `place`; empty where it can."""
    found = [
        FieldError(f"{place}.{name}", code, sentence)
        for name, code, sentence in _faults_of_sides(known, grantee)
    ]
    offered = {item.code for item in known.offer.items} if known.offer else set(items)
    found += [
        FieldError(
            f"{place}.items.{number}", "unknown-item", "The resource has no item of this code."
        )
        for number, code in enumerate(items)
        if code not in offered
    ]
    if granted_on > today:
        found.append(
            FieldError(f"{place}.granted_on", "in-future", "It was granted in the past, or today.")
        )
    if valid_until is not None and valid_until <= at:
        found.append(
            FieldError(f"{place}.valid_until", "ended", "It has ended; there is nothing to go on.")
        )
    return found


def narrowed(before: Terms, asked: Terms) -> Terms:
    """The terms that are asked for; what is not asked for stays. Raises GrantTakeoverWidened."""
    until = asked.valid_until or before.valid_until
    if before.valid_until is not None and until is not None and until > before.valid_until:
        raise GrantTakeoverWidened(
            "The old grant ends earlier. Let the department ask for more in a request.",
            errors=[FieldError("valid_until", "wider", "Later than the old grant's end.")],
        )
    return Terms(
        until,
        _narrower("quota.calls_per_day", before.calls_per_day, asked.calls_per_day),
        _narrower("quota.keys_per_day", before.keys_per_day, asked.keys_per_day),
    )


def _narrower(name: str, before: int | None, asked: int | None) -> int | None:
    if before is not None and asked is not None and asked > before:
        raise GrantTakeoverWidened(
            "The old grant allowed less in a day. Let the department ask for more in a request.",
            errors=[FieldError(name, "wider", "More than the old grant allowed.")],
        )
    return before if asked is None else asked


def _faults_of_sides(known: Known, grantee: UUID) -> list[tuple[str, str, str]]:
    found = []
    if known.offer is None:
        found.append(("resource", "resource-unknown", "No resource of your region has this id."))
    elif known.offer.withdrawn:
        found.append(("resource", "withdrawn", "The resource has left the catalogue."))
    if not known.grantee_stands:
        found.append(
            ("grantee", "department-unknown", "There is no such department, or no longer.")
        )
    elif grantee == known.provider:
        found.append(("grantee", "own-resource", "The resource is this department's own."))
    return found
