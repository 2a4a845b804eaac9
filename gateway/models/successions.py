"""The tables of successions: what is planned, how far it has come, and what it would move."""

from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base
from gateway.models.departments import Said
from shared import db
from shared.events.gateway import (
    DepartmentStatus,
    DepartmentSucceeded,
    Heir,
    SuccessionKind,
)


class Assigned(TypedDict):
    """One thing and whose it becomes, as ids in text."""

    thing: str
    successor: str


class Succession(Base, kw_only=True):
    """What becomes of departments on a day, and whose what they had is from then on.

    `resources`, `grants` (held) and `members` (clients and operators) name heirs one by one;
    all else goes to `successor`. `survives`: a department that is split lives on beside its heirs.
    """

    __tablename__ = "succession"
    __table_args__ = (
        Index(
            "ix_succession_due",
            "effective_at",
            postgresql_where=text("carried_out_at IS NULL AND cancelled_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[SuccessionKind] = mapped_column(db.named(SuccessionKind))
    predecessors: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    successors: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    successor: Mapped[UUID | None]
    survives: Mapped[bool]
    said: Mapped[Said] = mapped_column(JSONB)
    resources: Mapped[list[Assigned]] = mapped_column(JSONB)
    grants: Mapped[list[Assigned]] = mapped_column(JSONB)
    members: Mapped[list[Assigned]] = mapped_column(JSONB)
    suspension_passes: Mapped[bool]
    basis: Mapped[str] = mapped_column(Text)
    effective_on: Mapped[date]
    effective_at: Mapped[datetime] = mapped_column(db.Timestamp)
    planned_at: Mapped[datetime] = mapped_column(db.Timestamp)
    planned_by: Mapped[str]
    planned_for: Mapped[UUID]
    carried_out_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    cancelled_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    hindered_by: Mapped[str | None] = mapped_column(Text, default=None)

    @property
    def is_open(self) -> bool:
        """Whether it is still a plan."""
        return self.carried_out_at is None and self.cancelled_at is None

    @property
    def status(self) -> DepartmentStatus:
        """How a predecessor ends by it."""
        return {
            SuccessionKind.RENAME: DepartmentStatus.ACTIVE,
            SuccessionKind.MERGE: DepartmentStatus.MERGED,
            SuccessionKind.SPLIT: DepartmentStatus.SPLIT,
            SuccessionKind.ABOLISH: DepartmentStatus.ABOLISHED,
        }[self.kind]

    def told(self, predecessor: UUID, members: list[Heir], at: datetime) -> DepartmentSucceeded:
        """Tell the platform whose what this predecessor had is now."""
        return DepartmentSucceeded(
            at=at,
            actor=self.planned_by,
            department=self.planned_for,
            aggregate=predecessor,
            version=self.version,
            succession=self.id,
            kind=self.kind,
            owner=predecessor,
            successor=self.successor,
            heirs=[heir for heir in self.successors if heir != predecessor],
            ended=not self.survives,
            effective_on=self.effective_on,
            basis=self.basis,
            resources=_heirs(self.resources),
            grants=_heirs(self.grants),
            members=members,
        )


class SuccessionStep(Base, kw_only=True):
    """That a service has applied a succession to what it keeps, and to how much."""

    __tablename__ = "succession_step"

    succession: Mapped[UUID] = mapped_column(ForeignKey("succession.id"), primary_key=True)
    predecessor: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    applied_at: Mapped[datetime] = mapped_column(db.Timestamp)
    moved: Mapped[int]


class ResourceCopy(Base, kw_only=True):
    """What the gateway heard of a resource: whose it is, and whether it is in the catalogue."""

    __tablename__ = "resource_copy"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    heard: Mapped[int]
    provider: Mapped[UUID] = mapped_column(index=True)
    name: Mapped[str | None] = mapped_column(Text, default=None)
    in_catalogue: Mapped[bool] = mapped_column(default=False)
    withdrawn: Mapped[bool] = mapped_column(default=False)


class RequestCopy(Base, kw_only=True):
    """What the gateway heard of a request that somebody still has to answer, or had to."""

    __tablename__ = "request_copy"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    resource: Mapped[UUID]
    requester: Mapped[UUID] = mapped_column(index=True)
    provider: Mapped[UUID] = mapped_column(index=True)
    is_open: Mapped[bool]
    due_on: Mapped[date | None] = mapped_column(default=None)


def _heirs(assigned: list[Assigned]) -> list[Heir]:
    return [Heir(thing=UUID(a["thing"]), successor=UUID(a["successor"])) for a in assigned]
