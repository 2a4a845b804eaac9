"""The tables of needs and of their steps, and the only methods that change a need."""

from datetime import datetime
from typing import Self, TypedDict
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.catalog.base import Base
from services.catalog.departments import Department
from services.catalog.needs.life import NeedState, NeedStep, Urgency, move
from services.catalog.workflow import Act
from shared import db
from shared.events import catalog as said
from shared.events.catalog import NeedRuling, UpdateCycle
from shared.ids import new_id


class _Facts(TypedDict):
    at: datetime
    actor: str
    department: UUID
    aggregate: UUID
    version: int
    access_id: UUID
    need: UUID
    needing: UUID
    region: str
    rulebook: str
    rulebook_version: str


class Need(Base, kw_only=True):
    """What a department needs of others' data (共享需求), and what came of it.

    `resource` is the one that the department chose or that the authority named, `lead` the
    department that the authority assigned to collect what nobody has.
    """

    __tablename__ = "need"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT, UPDATE"}},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1, init=False)
    needing: Mapped[UUID] = mapped_column(ForeignKey("department.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    items: Mapped[list[str]] = mapped_column(ARRAY(Text))
    duty: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    cycle: Mapped[UpdateCycle] = mapped_column(db.named(UpdateCycle))
    urgency: Mapped[Urgency] = mapped_column(db.named(Urgency))
    registered_at: Mapped[datetime] = mapped_column(db.Timestamp)
    state: Mapped[NeedState] = mapped_column(
        db.named(NeedState), default=NeedState.REGISTERED, init=False
    )
    ruling: Mapped[NeedRuling | None] = mapped_column(
        db.named(NeedRuling), default=None, init=False
    )
    resource: Mapped[UUID | None] = mapped_column(
        ForeignKey("resource.id"), default=None, init=False
    )
    lead: Mapped[UUID | None] = mapped_column(
        ForeignKey("department.id"), index=True, default=None, init=False
    )
    remarks: Mapped[str | None] = mapped_column(Text, default=None, init=False)
    ruled_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)

    department: Mapped[Department] = relationship(lazy="raise", foreign_keys=[needing])

    def registered(self, act: Act) -> said.NeedRegistered:
        """That the department registered it, or states it otherwise now."""
        return said.NeedRegistered(**self._facts(act), name=self.name, urgency=str(self.urgency))

    def restate(self, act: Act) -> said.NeedRegistered:
        """Other words were written into it: what was chosen for the former ones is void."""
        self._take(NeedStep.RESTATE)
        return self.registered(act)

    def choose(self, resource: UUID, act: Act) -> said.NeedMatched:
        """The department finds that a resource in the catalogue fits."""
        self._take(NeedStep.CHOOSE)
        self.resource = resource
        return said.NeedMatched(**self._facts(act), resource=resource)

    def report(self, remarks: str, act: Act) -> said.NeedUnmet:
        """Nothing in the catalogue fits: the authority is asked to rule."""
        self._take(NeedStep.REPORT)
        self.remarks = remarks
        return said.NeedUnmet(**self._facts(act), remarks=remarks)

    def rule(
        self,
        ruling: NeedRuling,
        resource: UUID | None,
        lead: UUID | None,
        remarks: str,
        act: Act,
    ) -> said.NeedRuled:
        """The authority names a resource, assigns a department to collect, or records the gap."""
        self._take(NeedStep.RULE)
        self.ruling, self.resource, self.lead = ruling, resource, lead
        self.remarks, self.ruled_at = remarks, act.at
        return said.NeedRuled(
            **self._facts(act), ruling=ruling, resource=resource, lead=lead, remarks=remarks
        )

    def withdraw(self, remarks: str, act: Act) -> said.NeedWithdrawn:
        """The department needs it no more."""
        self._take(NeedStep.WITHDRAW)
        self.remarks = remarks
        return said.NeedWithdrawn(**self._facts(act), remarks=remarks)

    def _take(self, step: NeedStep) -> None:
        self.state = move(self.state, step)
        self.version += 1
        # What led to where the need stood before is in its history.
        self.ruling = self.resource = self.lead = self.remarks = self.ruled_at = None

    def _facts(self, act: Act) -> _Facts:
        return _Facts(
            at=act.at,
            actor=act.by.actor,
            department=act.by.department,
            aggregate=self.id,
            version=self.version,
            access_id=act.by.access_id,
            need=self.id,
            needing=self.needing,
            region=self.department.region,
            rulebook=act.rulebook.id,
            rulebook_version=act.rulebook.version,
        )


class NeedRecord(Base, kw_only=True):
    """One step in the life of a need: never changed, never removed."""

    __tablename__ = "need_record"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT"}},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    need_id: Mapped[UUID] = mapped_column(ForeignKey("need.id"), index=True)
    step: Mapped[NeedStep] = mapped_column(db.named(NeedStep))
    state: Mapped[NeedState] = mapped_column(db.named(NeedState))
    at: Mapped[datetime] = mapped_column(db.Timestamp)
    actor: Mapped[str]
    department: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    items: Mapped[list[str]] = mapped_column(ARRAY(Text))
    ruling: Mapped[NeedRuling | None] = mapped_column(db.named(NeedRuling))
    resource: Mapped[UUID | None]
    lead: Mapped[UUID | None]
    remarks: Mapped[str | None] = mapped_column(Text)
    rulebook: Mapped[str]
    rulebook_version: Mapped[str]

    @classmethod
    def taken(cls, step: NeedStep, need: Need, act: Act) -> Self:
        """The record of a step that `need` has just taken."""
        return cls(
            need_id=need.id,
            step=step,
            state=need.state,
            at=act.at,
            actor=act.by.actor,
            department=act.by.department,
            name=need.name,
            items=need.items,
            ruling=need.ruling,
            resource=need.resource,
            lead=need.lead,
            remarks=need.remarks,
            rulebook=act.rulebook.id,
            rulebook_version=act.rulebook.version,
        )
