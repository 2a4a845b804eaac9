"""What a plan of succession must say, what it moves, and what stands in its way. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict, NotFound
from shared.events.gateway import SuccessionKind


class SuccessionUnknown(NotFound):
    """There is no such succession, or it is not the caller's to know of."""

    code = "succession-not-found"
    title = "Succession not found"


class PlanContradicts(Conflict):
    """The plan's kind and its parts do not fit together."""

    code = "succession-contradicts"
    title = "Plan contradicts itself"


class PlannedAlready(Conflict):
    """A department can be followed once: another plan names it."""

    code = "succession-planned-already"
    title = "Planned already"


class SuccessionSettled(Conflict):
    """The succession was carried out or cancelled."""

    code = "succession-settled"
    title = "Settled already"


class Hindered(Conflict):
    """The day has come, and something must be decided first; the preview says what."""

    code = "succession-hindered"
    title = "Succession hindered"


class Kind(StrEnum):
    """What moves."""

    RESOURCE = "resource"
    GRANT_HELD = "grant-held"
    GRANT_GIVEN = "grant-given"
    REQUEST_MADE = "request-made"
    REQUEST_ASKED = "request-asked"
    CLIENT = "client"
    OPERATOR = "operator"


class Fate(StrEnum):
    """What becomes of it: handed over, kept by a department that lives on, ended, or open."""

    HANDED_OVER = "handed-over"
    KEPT = "kept"
    ENDED = "ended"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan as the rules see it; the mappings give a thing's id its heir's."""

    kind: SuccessionKind
    predecessors: tuple[UUID, ...]
    successors: tuple[UUID, ...]
    successor: UUID | None
    survives: bool = False
    renames: bool = False
    resources: Mapping[UUID, UUID] = field(default_factory=dict)
    grants: Mapping[UUID, UUID] = field(default_factory=dict)
    members: Mapping[UUID, UUID] = field(default_factory=dict)
    suspension_passes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One thing of a predecessor. `follows` is the resource that a grant or request goes with."""

    kind: Kind
    id: UUID
    name: str | None = None
    in_catalogue: bool = False
    follows: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What becomes of one thing: whose it is afterwards, None where it is nobody's."""

    thing: Thing
    predecessor: UUID
    fate: Fate
    heir: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A department that the plan names, as it is now."""

    id: UUID
    name: str
    region: str
    active: bool
    is_authority: bool
    suspended_under: str | None = None
    children: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What must be decided before the plan can be carried out."""

    code: str
    message: str
    department: UUID | None = None
    thing: UUID | None = None


def check_shape(plan: Plan) -> None:
    """Refuse a plan whose parts do not fit its kind. Raises PlanContradicts."""
    fault = _fault(plan)
    if fault is not None:
        raise PlanContradicts(fault)


def moves(plan: Plan, predecessor: UUID, things: Sequence[Thing]) -> list[Move]:
    """What becomes of each thing of one predecessor.

    What a department held follows the department; what was granted and asked of it follows its
    resource. A rename moves nothing.
    """
    return [_move(plan, predecessor, thing) for thing in things]


def hindrances(plan: Plan, parties: Mapping[UUID, Party], moved: Sequence[Move]) -> list[Hindrance]:
    """Everything that stands in the way now; an empty list lets the plan be carried out."""
    found: list[Hindrance] = []
    for identity in plan.predecessors:
        party = parties.get(identity)
        if party is None or not party.active:
            found.append(_says("predecessor-ended", "This department is no more.", identity))
        elif plan.kind is not SuccessionKind.RENAME:
            found += _of_predecessor(plan, party, parties)
    for identity in plan.successors:
        party = parties.get(identity)
        if party is None or not party.active:
            found.append(_says("successor-ended", "The successor is no more.", identity))
    for move in moved:
        if move.fate is Fate.UNDECIDED:
            found.append(
                Hindrance(
                    "undecided",
                    f"Name whose this {move.thing.kind} becomes, or a default successor.",
                    move.predecessor,
                    move.thing.id,
                )
            )
        elif move.thing.kind is Kind.RESOURCE and move.heir is None and move.thing.in_catalogue:
            found.append(
                Hindrance(
                    "resource-without-heir",
                    "This resource is in the catalogue: assign it to a department, or withdraw it.",
                    move.predecessor,
                    move.thing.id,
                )
            )
    return found


def _fault(plan: Plan) -> str | None:
    before, after = set(plan.predecessors), set(plan.successors)
    named = {*plan.resources.values(), *plan.grants.values(), *plan.members.values()}
    if len(before) != len(plan.predecessors) or len(after) != len(plan.successors):
        return "Name each department once."
    if plan.successor is not None and plan.successor not in after:
        return "The default successor is one of the successors."
    if not named <= after:
        return "Things are assigned to successors of the plan only."
    if plan.renames != (plan.kind is SuccessionKind.RENAME):
        return "New names go with a renaming, and with nothing else."
    match plan.kind:
        case SuccessionKind.RENAME:
            wrong = len(before) != 1 or after or named
            return "A renaming is of one department, which stays itself." if wrong else None
        case SuccessionKind.MERGE:
            if len(after) != 1 or before & after:
                return "A merger has one successor, which is none of those that end."
            return None
        case SuccessionKind.SPLIT:
            if len(before) != 1 or len(after) < 2:
                return "A split is of one department into two or more; it may be one of them."
            if plan.survives != bool(before & after):
                return "Whoever survives its split is one of the successors."
            return None
        case SuccessionKind.ABOLISH:
            if len(before) != 1 or before & after or plan.successor is not None:
                return "One department is abolished; others take over what is assigned to them."
            return None


def _move(plan: Plan, predecessor: UUID, thing: Thing) -> Move:
    if plan.kind is SuccessionKind.RENAME:
        return Move(thing=thing, predecessor=predecessor, fate=Fate.KEPT, heir=predecessor)
    heir = _heir(plan, thing)
    if heir is not None:
        fate = Fate.KEPT if heir == predecessor else Fate.HANDED_OVER
    elif plan.kind is SuccessionKind.ABOLISH:
        fate = Fate.ENDED
    else:
        fate = Fate.UNDECIDED
    return Move(thing=thing, predecessor=predecessor, fate=fate, heir=heir)


def _heir(plan: Plan, thing: Thing) -> UUID | None:
    match thing.kind:
        case Kind.RESOURCE:
            return plan.resources.get(thing.id, plan.successor)
        case Kind.GRANT_GIVEN | Kind.REQUEST_ASKED:
            assert thing.follows is not None  # noqa: S101 - those are always of a resource
            return plan.resources.get(thing.follows, plan.successor)
        case Kind.GRANT_HELD:
            return plan.grants.get(thing.id, plan.successor)
        case Kind.REQUEST_MADE:
            return plan.successor
        case Kind.CLIENT | Kind.OPERATOR:
            return plan.members.get(thing.id, plan.successor)


def _of_predecessor(plan: Plan, party: Party, parties: Mapping[UUID, Party]) -> list[Hindrance]:
    found = []
    if party.suspended_under and plan.successors and not plan.suspension_passes:
        found.append(
            _says(
                "suspension-unconfirmed",
                f"This department is suspended ({party.suspended_under}), and whoever follows it "
                "will be: confirm that with suspension_passes, or lift the suspension first.",
                party.id,
            )
        )
    follows = parties.get(plan.successor) if plan.successor else None
    if plan.survives:
        return found
    if party.is_authority and not (
        follows and follows.is_authority and follows.region == party.region
    ):
        found.append(
            _says(
                "authority-without-heir",
                "This department is the competent authority of its region; the default successor "
                "must be registered as that first.",
                party.id,
            )
        )
    if party.children and follows is None:
        found.append(
            _says("children-without-parent", "Give its departments another parent.", party.id)
        )
    return found


def _says(code: str, message: str, department: UUID) -> Hindrance:
    return Hindrance(code, message, department)
