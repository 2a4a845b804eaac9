"""The tables of changes and successors, and the only methods that change one."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.catalog.base import Base
from services.catalog.changes.rules import ChangeSettled, ChangeState, Successor
from services.catalog.models import Resource
from shared import db
from shared.events.catalog import ChangeKind, NamedSuccessor, ShareType
from shared.principal import Principal, PrincipalKind


class ResourceSuccessor(Base, kw_only=True):
    """One resource that takes another's place, with the items that it takes over."""

    __tablename__ = "resource_successor"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT"}},)

    change_id: Mapped[UUID] = mapped_column(
        ForeignKey("catalogue_change.id"), primary_key=True, init=False
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resource.id"))
    items: Mapped[dict[str, str]] = mapped_column(JSONB)


class CatalogueChange(Base, kw_only=True):
    """One change of the catalogue: decided by somebody, in effect from a moment on.

    `number` is the version that enters, or that leaves; `name` and `share_type` are what that
    version says. `authority` is the region for which the one who decided spoke, if for any.
    """

    __tablename__ = "catalogue_change"
    __table_args__ = (
        Index(
            "uq_catalogue_change_waiting",
            "resource_id",
            "kind",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_catalogue_change_effect", "effective_at", "id"),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resource.id"), index=True)
    kind: Mapped[ChangeKind] = mapped_column(db.named(ChangeKind))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    share_type: Mapped[ShareType | None] = mapped_column(db.named(ShareType))
    reason: Mapped[str | None] = mapped_column(Text)
    effective_on: Mapped[date]
    effective_at: Mapped[datetime] = mapped_column(db.Timestamp)
    announced_at: Mapped[datetime] = mapped_column(db.Timestamp)
    announced_by: Mapped[str]
    department: Mapped[UUID]
    authority: Mapped[str | None]
    access_id: Mapped[UUID]
    state: Mapped[ChangeState] = mapped_column(db.named(ChangeState))
    settled_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    settled_by: Mapped[str | None] = mapped_column(default=None)
    cancellation_reason: Mapped[str | None] = mapped_column(Text, default=None)

    resource: Mapped[Resource] = relationship(lazy="raise", init=False)
    successors: Mapped[list[ResourceSuccessor]] = relationship(
        order_by=ResourceSuccessor.position, lazy="raise", default_factory=list
    )

    @property
    def named_successors(self) -> list[NamedSuccessor]:
        """The successors as events name them; they must be loaded."""
        return [NamedSuccessor(resource=s.resource_id, items=s.items) for s in self.successors]

    @property
    def decider(self) -> Principal:
        """Who decided it, as the one in whose name it takes effect; without any permission."""
        kind, _, number = self.announced_by.partition(":")
        return Principal(
            kind=PrincipalKind(kind),
            id=UUID(number),
            department=self.department,
            region="",
            authority=self.authority,
            permissions=frozenset(),
            acr="",
            network="",
            grant=None,
            access_id=self.access_id,
        )

    def take_effect(self, at: datetime) -> None:
        """It has come about. Raises ChangeSettled."""
        self._settle(ChangeState.DONE, self.announced_by, at)

    def cancel(self, by: str, reason: str, at: datetime) -> None:
        """It is called off. Raises ChangeSettled."""
        self._settle(ChangeState.CANCELLED, by, at)
        self.cancellation_reason = reason

    def _settle(self, state: ChangeState, by: str, at: datetime) -> None:
        if self.state is not ChangeState.WAITING:
            raise ChangeSettled(f"This change is {self.state} since {self.settled_at}.")
        self.state, self.settled_by, self.settled_at = state, by, at


def rows_of(successors: list[Successor]) -> list[ResourceSuccessor]:
    """The rows of the successors that a withdrawal names."""
    return [
        ResourceSuccessor(position=n, resource_id=s.resource, items=dict(s.items))
        for n, s in enumerate(successors)
    ]
