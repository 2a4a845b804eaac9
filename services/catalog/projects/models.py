"""The tables of IT projects, and the only methods that change one.

What was done stays: steps and statements are only ever added.
"""

from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.catalog.base import Base
from services.catalog.departments import Department
from services.catalog.projects import rules
from services.catalog.projects.rules import (
    BudgetSource,
    Opinion,
    ProjectStageUnfit,
    Purpose,
    Result,
    Stage,
    Verdict,
)
from services.catalog.workflow import Act
from shared import db
from shared.events import catalog_projects as said
from shared.ids import new_id


class _Facts(TypedDict):
    at: datetime
    actor: str
    department: UUID | None
    aggregate: UUID
    version: int
    access_id: UUID | None
    project: UUID
    provider: UUID
    rulebook: str
    rulebook_version: str


class ProjectEntry(Base, kw_only=True):
    """One resource that a project will bring: its name, its items, and what it has become."""

    __tablename__ = "project_entry"

    project_id: Mapped[UUID] = mapped_column(
        ForeignKey("project.id", ondelete="CASCADE"), primary_key=True, init=False
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    items: Mapped[list[str]] = mapped_column(ARRAY(Text))
    resource_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("resource.id"), default=None, init=False
    )


class ProjectStep(Base, kw_only=True):
    """One thing that was done with a project; `said` is the opinion, verdict, result or purpose."""

    __tablename__ = "project_step"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT"}},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True, init=False)
    step: Mapped[str]
    at: Mapped[datetime] = mapped_column(db.Timestamp)
    actor: Mapped[str]
    said: Mapped[str | None]
    remarks: Mapped[str | None] = mapped_column(Text)


class ProjectStatement(Base, kw_only=True):
    """What the authority stated for a decision on funding: the document, digest and signature.

    `document` is the exact text that `digest` (hexadecimal) and `signature` are over; `signature`
    and `public_key` are in hexadecimal, None where the installation has no key for statements.
    """

    __tablename__ = "project_statement"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT"}},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True, init=False)
    purpose: Mapped[Purpose] = mapped_column(db.named(Purpose))
    verdict: Mapped[Verdict] = mapped_column(db.named(Verdict))
    document: Mapped[str] = mapped_column(Text)
    digest_name: Mapped[str]
    digest: Mapped[str]
    signature: Mapped[str | None]
    public_key: Mapped[str | None]
    issued_at: Mapped[datetime] = mapped_column(db.Timestamp)
    issued_by: Mapped[str]


class Project(Base, kw_only=True):
    """One IT project of a department. How much money it costs is nobody's business here."""

    __tablename__ = "project"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT, UPDATE"}},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1, init=False)
    provider: Mapped[UUID] = mapped_column(ForeignKey("department.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    aim: Mapped[str] = mapped_column(Text)
    source: Mapped[BudgetSource] = mapped_column(db.named(BudgetSource))
    stage: Mapped[Stage] = mapped_column(db.named(Stage), default=Stage.FILED, init=False)
    opinion: Mapped[Opinion | None] = mapped_column(db.named(Opinion), default=None, init=False)
    result: Mapped[Result | None] = mapped_column(db.named(Result), default=None, init=False)
    approved_on: Mapped[date | None] = mapped_column(default=None, init=False)
    approval: Mapped[str | None] = mapped_column(Text, default=None, init=False)
    accepted_on: Mapped[date | None] = mapped_column(default=None, init=False)
    acceptance: Mapped[str | None] = mapped_column(Text, default=None, init=False)
    construction_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    operation_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)

    department: Mapped[Department] = relationship(lazy="raise", init=False)
    entries: Mapped[list[ProjectEntry]] = relationship(
        order_by=ProjectEntry.position,
        cascade="all, delete-orphan",
        lazy="raise",
        default_factory=list,
    )
    steps: Mapped[list[ProjectStep]] = relationship(
        order_by=ProjectStep.id, lazy="raise", default_factory=list
    )
    statements: Mapped[list[ProjectStatement]] = relationship(
        order_by=ProjectStatement.id, lazy="raise", default_factory=list
    )

    def registered_at(self, purpose: Purpose) -> datetime | None:
        """When funding of a purpose was registered."""
        return self.construction_at if purpose is Purpose.CONSTRUCTION else self.operation_at

    def verdict_on(self, purpose: Purpose) -> Verdict | None:
        """What the authority last stated on a purpose; the statements must be loaded."""
        found = [s.verdict for s in self.statements if s.purpose is purpose]
        return found[-1] if found else None

    def filed(self, act: Act) -> said.ProjectFiled:
        """That its department filed it."""
        self._step("file", act)
        return said.ProjectFiled(**self._facts(act), name=self.name, entries=len(self.entries))

    def restate(
        self, name: str, aim: str, source: BudgetSource, entries: list[ProjectEntry], act: Act
    ) -> said.ProjectRestated:
        """The department writes it anew; an opinion on what stood there does not hold for it.

        Raises ProjectStageUnfit.
        """
        self._check(Stage.FILED)
        self.name, self.aim, self.source, self.entries = name, aim, source, entries
        self.opinion = None
        self._change("restate", act)
        return said.ProjectRestated(**self._facts(act), name=name, entries=len(entries))

    def review(self, opinion: Opinion, remarks: str, act: Act) -> said.ProjectReviewed:
        """The authority gives its opinion before approval. Raises ProjectStageUnfit."""
        self._check(Stage.FILED)
        self.opinion = opinion
        self._change("review", act, opinion, remarks)
        return said.ProjectReviewed(**self._facts(act), opinion=str(opinion), remarks=remarks)

    def approve(self, on: date, reference: str, act: Act) -> said.ProjectApproved:
        """The project was approved. Raises what check_approval does, ProjectStageUnfit."""
        self._check(Stage.FILED)
        verdict = self.verdict_on(Purpose.CONSTRUCTION)
        rules.check_approval(act.rulebook, len(self.entries), self.opinion, verdict)
        self.stage, self.approved_on, self.approval = Stage.APPROVED, on, reference
        self._change("approve", act, remarks=reference)
        return said.ProjectApproved(**self._facts(act), on=on, reference=reference)

    def link(self, position: int, resource: UUID, act: Act) -> said.ProjectLinked:
        """A planned resource has become one. Raises ProjectStageUnfit, ProjectEntryUnknown."""
        self._check(Stage.FILED, Stage.APPROVED)
        if position >= len(self.entries):
            raise rules.ProjectEntryUnknown("The list has no such place.")
        self.entries[position].resource_id = resource
        self._change("link", act, remarks=self.entries[position].name)
        return said.ProjectLinked(**self._facts(act), position=position, resource=resource)

    def accept(
        self, on: date, reference: str, in_catalogue: set[UUID], act: Act
    ) -> said.ProjectAccepted:
        """The project was accepted. Raises ProjectStageUnfit, ProjectUncatalogued, -DayUnfit."""
        self._check(Stage.APPROVED)
        if self.approved_on is not None and on < self.approved_on:
            raise rules.ProjectDayUnfit("A project is accepted after its approval.")
        linked = [entry.resource_id for entry in self.entries]
        rules.check_acceptance(act.rulebook, linked, in_catalogue)
        self.stage, self.accepted_on, self.acceptance = Stage.ACCEPTED, on, reference
        self._change("accept", act, remarks=reference)
        return said.ProjectAccepted(**self._facts(act), on=on, reference=reference)

    def register_funding(self, purpose: Purpose, act: Act) -> said.ProjectFundingRegistered:
        """Funding is applied for. Raises ProjectStageUnfit, ProjectFundingRegisteredAlready."""
        self._check(Stage.FILED, Stage.APPROVED, Stage.ACCEPTED)
        if self.registered_at(purpose) is not None:
            raise rules.ProjectFundingRegisteredAlready(f"Funding of {purpose} is registered.")
        if purpose is Purpose.CONSTRUCTION:
            self.construction_at = act.at
        else:
            self.operation_at = act.at
        self._change("register-funding", act, purpose)
        return said.ProjectFundingRegistered(**self._facts(act), purpose=str(purpose))

    def state(self, statement: ProjectStatement, act: Act) -> said.ProjectStatementIssued:
        """The authority states whether the duties of sharing are met.

        Raises ProjectStageUnfit and ProjectFundingUnregistered.
        """
        self._check(Stage.FILED, Stage.APPROVED, Stage.ACCEPTED)
        registered = self.registered_at(statement.purpose) is not None
        rules.check_statement(act.rulebook, registered=registered)
        self.statements.append(statement)
        self._change("state", act, statement.verdict)
        return said.ProjectStatementIssued(
            **self._facts(act),
            statement=statement.id,
            purpose=str(statement.purpose),
            verdict=str(statement.verdict),
            digest=statement.digest,
        )

    def evaluate(self, result: Result, remarks: str, act: Act) -> said.ProjectEvaluated:
        """The authority evaluates what was accepted. Raises ProjectStageUnfit."""
        self._check(Stage.ACCEPTED)
        self.result = result
        self._change("evaluate", act, result, remarks)
        return said.ProjectEvaluated(**self._facts(act), result=str(result), remarks=remarks)

    def end(self, reason: str, act: Act) -> said.ProjectEnded:
        """The department gives it up. Raises ProjectStageUnfit."""
        self._check(Stage.FILED, Stage.APPROVED)
        self.stage = Stage.ENDED
        self._change("end", act, remarks=reason)
        return said.ProjectEnded(**self._facts(act), reason=reason)

    def _check(self, *stages: Stage) -> None:
        if self.stage not in stages:
            needed = " or ".join(stages)
            raise ProjectStageUnfit(f"The project is {self.stage}; this is done while {needed}.")

    def _change(
        self, step: str, act: Act, said: str | None = None, remarks: str | None = None
    ) -> None:
        self.version += 1
        self._step(step, act, said, remarks)

    def _step(
        self, step: str, act: Act, said: str | None = None, remarks: str | None = None
    ) -> None:
        self.steps.append(
            ProjectStep(
                id=new_id(),
                step=step,
                at=act.at,
                actor=act.by.actor,
                said=str(said) if said is not None else None,
                remarks=remarks,
            )
        )

    def _facts(self, act: Act) -> _Facts:
        return _Facts(
            at=act.at,
            actor=act.by.actor,
            department=act.by.department,
            aggregate=self.id,
            version=self.version,
            access_id=act.by.access_id,
            project=self.id,
            provider=self.provider,
            rulebook=act.rulebook.id,
            rulebook_version=act.rulebook.version,
        )
