"""When a change takes effect, what a withdrawal must say, and who may call one off. Pure.

No rulebook sets a notice; that one is given, and how long, is ours (design). What is no longer in
the catalogue is no longer a basis of sharing (jiangsu-2017 §7, baoji-2017 §7).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict, FieldError, Forbidden, NotFound


class ChangeState(StrEnum):
    """Where a change stands; one that takes effect at once is done from the beginning."""

    WAITING = "waiting"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Effect:
    """When a change takes effect: a local day, and the moment (UTC) at which it begins."""

    on: date
    at: datetime


@dataclass(frozen=True, slots=True)
class Successor:
    """A resource that takes the place of another, whole or in part.

    `items` maps codes of the items that were to the codes of those in the successor.
    """

    resource: UUID
    items: Mapping[str, str]


class ChangeUnknown(NotFound):
    """There is no such change, or the caller may not know of it."""

    code = "change-unknown"
    title = "Change unknown"


class NoticeTooShort(Conflict):
    """The day on which the change is to take effect leaves consumers too little time."""

    code = "change-notice-too-short"
    title = "Notice too short"


class WithdrawalReasonMissing(Conflict):
    """Who uses a resource is told why it leaves the catalogue."""

    code = "withdrawal-reason-missing"
    title = "Reason missing"


class SuccessorUnfit(Conflict):
    """A successor is in the catalogue, is another resource, and has the items that it is given."""

    code = "resource-successor-unfit"
    title = "Successor unfit"


class WithdrawalAnnounced(Conflict):
    """The withdrawal of this resource is announced already."""

    code = "withdrawal-announced-already"
    title = "Withdrawal announced already"


class ChangeSettled(Conflict):
    """The change has taken effect or was called off; a later one can follow it."""

    code = "change-settled"
    title = "Change settled"


class NotYoursToCancel(Forbidden):
    """A change is called off by the department that decided it or by the competent authority."""

    code = "change-not-yours"
    title = "Not yours to call off"


def check_notice(wanted: date, today: date, earliest: date) -> None:
    """Refuse a day in the past, or before `earliest`, which notice asks for.

    Raises NoticeTooShort.
    """
    if wanted < max(today, earliest):
        raise NoticeTooShort(
            f"A change takes effect on {max(today, earliest)} at the earliest, so that those who "
            "use the resource hear of it before.",
            errors=[FieldError("effective_on", "notice-too-short", "A later day.")],
        )


def check_reason(reason: str | None) -> str:
    """The reason of a withdrawal from the catalogue. Raises WithdrawalReasonMissing."""
    if not (reason or "").strip():
        raise WithdrawalReasonMissing(
            "State in `remarks` why the resource leaves the catalogue; those who use it read it.",
            errors=[FieldError("remarks", "missing", "State the reason.")],
        )
    return str(reason)


def check_successors(
    resource: UUID,
    items: Collection[str],
    successors: Sequence[Successor],
    known: Mapping[UUID, Collection[str]],
) -> None:
    """Refuse successors that cannot take the place of `resource` with these item codes.

    `known` are the successors that are in the catalogue, each with its item codes. Raises
    SuccessorUnfit with all that is wrong.
    """
    faults = []
    for number, successor in enumerate(successors):
        field = f"successors.{number}"
        if successor.resource == resource:
            faults.append(FieldError(f"{field}.resource", "itself", "Name another resource."))
        elif successor.resource not in known:
            sentence = "No resource of the catalogue has this id."
            faults.append(FieldError(f"{field}.resource", "unknown", sentence))
        else:
            there = known[successor.resource]
            for old, new in successor.items.items():
                if old not in items:
                    sentence = f"The resource has no item {old}."
                    faults.append(FieldError(f"{field}.items.{old}", "unknown", sentence))
                if new not in there:
                    sentence = f"The successor has no item {new}."
                    faults.append(FieldError(f"{field}.items.{old}", "unknown", sentence))
    if len({successor.resource for successor in successors}) < len(successors):
        faults.append(FieldError("successors", "repeated", "Name each successor once."))
    if faults:
        raise SuccessorUnfit(
            "These successors cannot take the resource's place as stated.", errors=faults
        )
