"""The wire shapes of successions."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from gateway.departments.schemas import Basis, CreditCode, Name, ShortName
from gateway.models import Succession, SuccessionStep
from gateway.models.departments import Said
from gateway.models.successions import Assigned
from gateway.successions.rules import Fate, Hindrance, Kind, Move, Party, Plan
from shared.events.gateway import SuccessionKind

_TRADE = "0197c1e0-0000-7000-8000-000000000021"
_MARKET = "0197c1e0-0000-7000-8000-000000000022"
# What the platform's events carry in one message.
_MOST = 5000
STEPS = ("catalog", "requests", "exchange resources", "exchange grants")


class Assignment(BaseModel):
    """Whose one thing becomes."""

    model_config = ConfigDict(extra="forbid")

    thing: UUID
    successor: UUID


Assignments = Annotated[list[Assignment], Field(max_length=_MOST)]
Departments = Annotated[list[UUID], Field(max_length=32)]


class Renaming(BaseModel):
    """The new names of a department that stays itself."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    short_name: ShortName | None = None
    credit_code: CreditCode | None = None


class PlanBody(BaseModel):
    """What becomes of departments on a day, by which decision, and who takes over what."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": "merge",
                    "predecessors": [_TRADE],
                    "successors": [_MARKET],
                    "effective_on": "2027-01-01",
                    "basis": "锡委发〔2026〕58号《无锡市机构改革方案》",
                }
            ]
        },
    )

    kind: SuccessionKind = Field(description="更名、合并、拆分、撤销.")
    predecessors: Departments = Field(min_length=1, description="Whom it happens to.")
    successors: Departments = Field(
        default=[],
        description="Registered departments that take over. A split department that lives on is "
        "one of them.",
    )
    successor: UUID | None = Field(
        default=None,
        description="Who takes over all that is not assigned; the only successor of a merger.",
    )
    effective_on: date = Field(description="The local day with whose beginning it holds.")
    basis: Basis
    renamed: Renaming | None = Field(default=None, description="For a renaming only.")
    resources: Assignments = Field(default=[], description="Resources, with grants on them.")
    grants: Assignments = Field(default=[], description="Grants that the department holds.")
    members: Assignments = Field(default=[], description="Clients and operators.")
    suspension_passes: bool = Field(
        default=False,
        description="Confirms that a suspension of the predecessor passes to its successors.",
    )

    @property
    def default(self) -> UUID | None:
        """The default successor; a merger's only one need not be said twice."""
        if self.kind is SuccessionKind.MERGE and len(self.successors) == 1:
            return self.successors[0]
        return self.successor

    @property
    def survives(self) -> bool:
        """Whether a department that is split lives on."""
        return self.kind is SuccessionKind.SPLIT and bool(
            set(self.predecessors) & set(self.successors)
        )

    @property
    def said(self) -> Said:
        """The new names, as they are kept."""
        if self.renamed is None:
            return Said()
        found: Said = self.renamed.model_dump(exclude_none=True)  # type: ignore[assignment]  # its keys are these fields
        return found

    def plan(self) -> Plan:
        """The plan as the rules see it."""
        return Plan(
            kind=self.kind,
            predecessors=tuple(self.predecessors),
            successors=tuple(self.successors),
            successor=self.default,
            survives=self.survives,
            renames=self.renamed is not None,
            resources={a.thing: a.successor for a in self.resources},
            grants={a.thing: a.successor for a in self.grants},
            members={a.thing: a.successor for a in self.members},
            suspension_passes=self.suspension_passes,
        )


class SuccessionState(StrEnum):
    """Where a succession stands; `settled` once every service has applied it."""

    PLANNED = "planned"
    CARRIED_OUT = "carried-out"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class StepView(BaseModel):
    """How far one service has come with what it keeps of one predecessor."""

    step: str = Field(description="The service, and of what.", examples=["catalog"])
    predecessor: UUID
    applied_at: datetime | None = Field(description="Null: not yet.")
    moved: int | None


class SuccessionView(BaseModel):
    """A succession: the plan, and how far it has come."""

    id: UUID
    version: int = Field(description="Counts its changes; the ETag.")
    state: SuccessionState
    kind: SuccessionKind
    predecessors: list[UUID]
    successors: list[UUID]
    successor: UUID | None
    effective_on: date
    basis: str
    renamed: dict[str, str | bool | None] | None
    resources: list[Assignment]
    grants: list[Assignment]
    members: list[Assignment]
    suspension_passes: bool
    planned_at: datetime
    carried_out_at: datetime | None
    cancelled_at: datetime | None
    hindered_by: str | None = Field(
        description="Why it could not be carried out on its day; it is tried again."
    )
    steps: list[StepView] = Field(description="Once carried out: which service has applied it.")

    @classmethod
    def of(cls, succession: Succession, applied: list[SuccessionStep]) -> Self:
        """The wire shape of a succession and of what was said of it."""
        steps = _steps(succession, applied)
        return cls(
            id=succession.id,
            version=succession.version,
            state=_state(succession, steps),
            kind=succession.kind,
            predecessors=succession.predecessors,
            successors=succession.successors,
            successor=succession.successor,
            effective_on=succession.effective_on,
            basis=succession.basis,
            renamed=dict(succession.said) or None,
            resources=_assignments(succession.resources),
            grants=_assignments(succession.grants),
            members=_assignments(succession.members),
            suspension_passes=succession.suspension_passes,
            planned_at=succession.planned_at,
            carried_out_at=succession.carried_out_at,
            cancelled_at=succession.cancelled_at,
            hindered_by=succession.hindered_by,
            steps=steps,
        )


class MoveView(BaseModel):
    """What becomes of one thing."""

    kind: Kind
    id: UUID
    name: str | None = Field(description="Of a resource or a client; null for all else.")
    predecessor: UUID
    fate: Fate
    heir: UUID | None


class TotalView(BaseModel):
    """How many of a kind go from one department to another."""

    kind: Kind
    predecessor: UUID
    fate: Fate
    heir: UUID | None
    count: int


class HindranceView(BaseModel):
    """What must be decided before the day."""

    model_config = ConfigDict(from_attributes=True)

    code: str = Field(examples=["resource-without-heir"])
    message: str
    department: UUID | None
    thing: UUID | None


class PartyView(BaseModel):
    """A department that the plan names, as it is called now."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    region: str
    active: bool
    suspended_under: str | None = Field(description="The article, where it is suspended now.")


class PreviewView(BaseModel):
    """Exactly what would move if the day were now, and what stands in the way."""

    succession: UUID
    parties: list[PartyView]
    totals: list[TotalView]
    moves: list[MoveView]
    hindrances: list[HindranceView]

    @classmethod
    def of(
        cls, identity: UUID, parties: list[Party], moves: list[Move], found: list[Hindrance]
    ) -> Self:
        """The wire shape of a preview."""
        counted: dict[tuple[Kind, UUID, Fate, UUID | None], int] = {}
        for move in moves:
            key = (move.thing.kind, move.predecessor, move.fate, move.heir)
            counted[key] = counted.get(key, 0) + 1
        return cls(
            succession=identity,
            parties=[PartyView.model_validate(party) for party in parties],
            totals=[
                TotalView(kind=kind, predecessor=before, fate=fate, heir=heir, count=count)
                for (kind, before, fate, heir), count in counted.items()
            ],
            moves=[
                MoveView(
                    kind=move.thing.kind,
                    id=move.thing.id,
                    name=move.thing.name,
                    predecessor=move.predecessor,
                    fate=move.fate,
                    heir=move.heir,
                )
                for move in moves
            ],
            hindrances=[HindranceView.model_validate(hindrance) for hindrance in found],
        )


def _steps(succession: Succession, applied: list[SuccessionStep]) -> list[StepView]:
    if succession.carried_out_at is None or succession.kind is SuccessionKind.RENAME:
        return []
    known = {(step.predecessor, step.step): step for step in applied}
    found = []
    for predecessor in succession.predecessors:
        for name in STEPS:
            step = known.get((predecessor, name))
            found.append(
                StepView(
                    step=name,
                    predecessor=predecessor,
                    applied_at=step.applied_at if step else None,
                    moved=step.moved if step and not name.startswith("exchange") else None,
                )
            )
    return found


def _state(succession: Succession, steps: list[StepView]) -> SuccessionState:
    if succession.cancelled_at is not None:
        return SuccessionState.CANCELLED
    if succession.carried_out_at is None:
        return SuccessionState.PLANNED
    done = all(step.applied_at is not None for step in steps)
    return SuccessionState.SETTLED if done else SuccessionState.CARRIED_OUT


def _assignments(assigned: list[Assigned]) -> list[Assignment]:
    return [Assignment.model_validate(a) for a in assigned]
