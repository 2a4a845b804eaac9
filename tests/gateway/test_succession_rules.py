"""What a plan of succession must say, whose everything becomes, and what stands in the way."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import pytest

from gateway.successions import rules
from gateway.successions.rules import Fate, Kind, Party, Plan, Thing
from shared.events.gateway import SuccessionKind
from shared.ids import new_id

A, B, C = new_id(), new_id(), new_id()
MERGER = Plan(kind=SuccessionKind.MERGE, predecessors=(A,), successors=(B,), successor=B)
SPLIT = Plan(kind=SuccessionKind.SPLIT, predecessors=(A,), successors=(B, C), successor=None)
ABOLITION = Plan(kind=SuccessionKind.ABOLISH, predecessors=(A,), successors=(), successor=None)
RENAMING = Plan(
    kind=SuccessionKind.RENAME, predecessors=(A,), successors=(), successor=None, renames=True
)
RESOURCE = Thing(kind=Kind.RESOURCE, id=new_id(), name="企业登记", in_catalogue=True)
DRAFT = Thing(kind=Kind.RESOURCE, id=new_id(), name="草稿")
GIVEN = Thing(kind=Kind.GRANT_GIVEN, id=new_id(), follows=RESOURCE.id)
ASKED = Thing(kind=Kind.REQUEST_ASKED, id=new_id(), follows=RESOURCE.id)
HELD = Thing(kind=Kind.GRANT_HELD, id=new_id(), follows=new_id())
MADE = Thing(kind=Kind.REQUEST_MADE, id=new_id(), follows=new_id())
CLIENT = Thing(kind=Kind.CLIENT, id=new_id(), name="前置机")
ALL = [RESOURCE, DRAFT, GIVEN, ASKED, HELD, MADE, CLIENT]


def party(identity: UUID, **otherwise: object) -> Party:
    found = Party(id=identity, name="部门", region="320000/320200", active=True, is_authority=False)
    return replace(found, **otherwise)  # type: ignore[arg-type]  # the fields of a test's choosing


def three(**of_a: object) -> Mapping[UUID, Party]:
    return {A: party(A, **of_a), B: party(B), C: party(C)}


def codes(plan: Plan, parties: Mapping[UUID, Party], things: list[Thing]) -> list[str]:
    moved = rules.moves(plan, A, things)
    return [found.code for found in rules.hindrances(plan, parties, moved)]


@pytest.mark.parametrize(
    "plan",
    [
        replace(MERGER, successors=(B, C)),
        replace(MERGER, successors=(A,), successor=A),
        replace(MERGER, predecessors=(A, A)),
        replace(MERGER, resources={new_id(): C}),
        replace(MERGER, renames=True),
        replace(SPLIT, successors=(B,)),
        replace(SPLIT, successor=A),
        replace(SPLIT, predecessors=(A, new_id())),
        replace(SPLIT, successors=(A, B)),
        replace(SPLIT, successors=(B, B, C)),
        replace(ABOLITION, successors=(A,)),
        replace(ABOLITION, successors=(B,), successor=B),
        replace(RENAMING, successors=(B,)),
        replace(RENAMING, renames=False),
        replace(RENAMING, predecessors=(A, B)),
    ],
)
def test_a_plan_whose_parts_do_not_fit_is_refused(plan: Plan) -> None:
    with pytest.raises(rules.PlanContradicts):
        rules.check_shape(plan)


@pytest.mark.parametrize(
    "plan",
    [
        MERGER,
        replace(MERGER, predecessors=(A, C)),
        SPLIT,
        replace(SPLIT, successors=(A, B), survives=True, successor=A),
        ABOLITION,
        replace(ABOLITION, successors=(B,), resources={RESOURCE.id: B}),
        RENAMING,
    ],
)
def test_a_plan_that_fits_is_taken(plan: Plan) -> None:
    rules.check_shape(plan)


def test_a_merger_hands_everything_over() -> None:
    moved = rules.moves(MERGER, A, ALL)
    assert {m.fate for m in moved} == {Fate.HANDED_OVER}
    assert {m.heir for m in moved} == {B}
    assert codes(MERGER, three(), ALL) == []


def test_what_is_given_and_asked_of_a_department_follows_its_resource() -> None:
    plan = replace(SPLIT, successor=B, resources={RESOURCE.id: C})
    heirs = {m.thing.kind: m.heir for m in rules.moves(plan, A, [RESOURCE, GIVEN, ASKED, HELD])}
    assert heirs == {
        Kind.RESOURCE: C,
        Kind.GRANT_GIVEN: C,
        Kind.REQUEST_ASKED: C,
        Kind.GRANT_HELD: B,
    }


def test_a_split_without_a_default_says_each_thing_that_is_undecided() -> None:
    assert codes(SPLIT, three(), ALL) == ["undecided"] * len(ALL)
    decided = replace(
        SPLIT,
        resources={RESOURCE.id: B, DRAFT.id: C},
        grants={HELD.id: B},
        members={CLIENT.id: C},
    )
    assert codes(decided, three(), [t for t in ALL if t is not MADE]) == []


def test_a_department_that_survives_its_split_keeps_what_is_not_assigned() -> None:
    plan = replace(SPLIT, successors=(A, B), successor=A, survives=True, resources={RESOURCE.id: B})
    fates = {m.thing.kind: m.fate for m in rules.moves(plan, A, [RESOURCE, GIVEN, HELD])}
    assert fates[Kind.RESOURCE] is fates[Kind.GRANT_GIVEN] is Fate.HANDED_OVER
    assert fates[Kind.GRANT_HELD] is Fate.KEPT
    assert codes(plan, three(), ALL) == []


def test_an_abolished_department_needs_a_ruling_on_what_it_has_in_the_catalogue() -> None:
    assert codes(ABOLITION, three(), ALL) == ["resource-without-heir"]
    fates = {m.thing.kind: m.fate for m in rules.moves(ABOLITION, A, ALL)}
    assert fates[Kind.GRANT_HELD] is fates[Kind.CLIENT] is Fate.ENDED
    assigned = replace(ABOLITION, successors=(B,), resources={RESOURCE.id: B})
    assert codes(assigned, three(), ALL) == []


def test_a_rename_moves_nothing() -> None:
    assert {m.fate for m in rules.moves(RENAMING, A, ALL)} == {Fate.KEPT}
    assert codes(RENAMING, three(suspended_under="baoji-2017 §29"), ALL) == []


@pytest.mark.duty("D27", "baoji-2017 §29")
def test_a_suspension_has_to_be_confirmed_before_it_passes_to_a_successor() -> None:
    suspended = three(suspended_under="baoji-2017 §29")
    assert codes(MERGER, suspended, []) == ["suspension-unconfirmed"]
    assert codes(replace(MERGER, suspension_passes=True), suspended, []) == []
    assert codes(ABOLITION, suspended, []) == []


def test_whoever_ended_already_hinders() -> None:
    assert codes(MERGER, three(active=False), []) == ["predecessor-ended"]
    assert codes(MERGER, {A: party(A)}, []) == ["successor-ended"]


def test_an_authority_and_a_parent_need_an_heir_that_can_be_one() -> None:
    assert codes(MERGER, three(is_authority=True), []) == ["authority-without-heir"]
    office = {A: party(A, is_authority=True), B: party(B, is_authority=True)}
    assert codes(MERGER, office, []) == []
    assert codes(ABOLITION, three(children=(C,)), []) == ["children-without-parent"]
    assert codes(MERGER, three(children=(C,)), []) == []
