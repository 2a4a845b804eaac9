"""The table of old grants, and the only methods that change one."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from services.requests.base import Base
from services.requests.known import KnownDepartment, KnownResource
from services.requests.models import Grant
from services.requests.takeover.rules import TakeoverState, Terms, check_waiting
from shared import db
from shared.events import requests as said
from shared.principal import Principal


class FormerGrant(Base, kw_only=True):
    """What an old platform let one department use, on its way to become a grant here.

    `reference` is the number under which that platform or its paper knew it, `granted_on` the
    local day of that decision, `basis` the duty and agreement that it rested on, `reason` why the
    authority takes it over. Its provider is its resource's.
    """

    __tablename__ = "former_grant"
    __table_args__ = (
        Index(
            "uq_former_grant_reference",
            "platform",
            "reference",
            unique=True,
            postgresql_where=text("state IN ('proposed', 'confirmed')"),
        ),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1, init=False)
    platform: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    granted_on: Mapped[date]
    grantee: Mapped[UUID] = mapped_column(index=True)
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("known_resource.id"), index=True)
    items: Mapped[list[str]] = mapped_column(ARRAY(Text))
    purpose: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    valid_until: Mapped[datetime | None] = mapped_column(db.Timestamp)
    calls_per_day: Mapped[int | None]
    keys_per_day: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text)
    proposed_at: Mapped[datetime] = mapped_column(db.Timestamp)
    proposed_by: Mapped[str]
    state: Mapped[TakeoverState] = mapped_column(
        db.named(TakeoverState), default=TakeoverState.PROPOSED, init=False
    )
    settled_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    settled_by: Mapped[str | None] = mapped_column(default=None, init=False)
    remarks: Mapped[str | None] = mapped_column(Text, default=None, init=False)
    grant_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("share_grant.id"), default=None, init=False
    )

    resource: Mapped[KnownResource] = relationship(
        lambda: KnownResource, init=False, viewonly=True, lazy="raise"
    )
    known_grantee: Mapped[KnownDepartment | None] = relationship(
        primaryjoin=lambda: foreign(FormerGrant.grantee) == KnownDepartment.id,
        init=False,
        default=None,
        viewonly=True,
        lazy="raise",
    )

    @property
    def terms(self) -> Terms:
        """How far it reached."""
        return Terms(self.valid_until, self.calls_per_day, self.keys_per_day)

    def says(self) -> tuple[object, ...]:
        """What the old platform had it say: the same twice is one old grant."""
        limits = (self.valid_until, self.calls_per_day, self.keys_per_day)
        what = (self.grantee, self.resource_id, tuple(self.items), self.purpose, self.basis)
        return (self.granted_on, *what, *limits)

    def proposed(self, by: Principal, provider: UUID) -> said.GrantTakeoverProposed:
        """That it was brought in: the first thing that is said of it."""
        return said.GrantTakeoverProposed(
            at=self.proposed_at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            takeover=self.id,
            platform=self.platform,
            reference=self.reference,
            granted_on=self.granted_on,
            resource=self.resource_id,
            provider=provider,
            grantee=self.grantee,
            reason=self.reason,
        )

    def confirm(
        self, by: Principal, grant: Grant, remarks: str | None, at: datetime
    ) -> said.GrantTakenOver:
        """The provider lets it go on as this grant. Raises GrantTakeoverSettled."""
        self._settle(TakeoverState.CONFIRMED, by, remarks, at)
        self.grant_id = grant.id
        return said.GrantTakenOver(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            takeover=self.id,
            platform=self.platform,
            reference=self.reference,
            resource=self.resource_id,
            provider=grant.provider,
            grantee=grant.grantee,
            grant=grant.id,
        )

    def end(
        self, state: TakeoverState, by: Principal, remarks: str, at: datetime
    ) -> said.GrantTakeoverEnded:
        """It becomes no grant: refused or cancelled. Raises GrantTakeoverSettled."""
        self._settle(state, by, remarks, at)
        return said.GrantTakeoverEnded(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            takeover=self.id,
            resource=self.resource_id,
            grantee=self.grantee,
            state=state,
            reason=remarks,
        )

    def _settle(
        self, state: TakeoverState, by: Principal, remarks: str | None, at: datetime
    ) -> None:
        check_waiting(self.state)
        self.state, self.remarks = state, remarks
        self.settled_at, self.settled_by = at, by.actor
        self.version += 1
