"""The tables of the service guide, and the only methods that change them.

A version that was published never changes again: what a department writes next is a version of
its own, which takes the place of the former one when the authority confirms it.
"""

from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.catalog.base import Base
from services.catalog.departments import Department
from services.catalog.guide.rules import (
    Channel,
    ChannelKind,
    GuideState,
    ServiceRemarksMissing,
    ServiceStateUnfit,
)
from services.catalog.occasions.models import PLATFORM
from shared import db
from shared.events import catalog_guide as said
from shared.principal import Principal
from shared.rulebooks import Rulebook


class _Facts(TypedDict):
    at: datetime
    actor: str
    department: UUID | None
    aggregate: UUID
    version: int
    access_id: UUID | None
    service: UUID
    provider: UUID
    number: int
    due_on: date | None


class GuideVersion(Base, kw_only=True):
    """One description of a service, as a department wrote it."""

    __tablename__ = "guide_version"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT, UPDATE"}},)

    service_id: Mapped[UUID] = mapped_column(
        ForeignKey("guide_service.id"), primary_key=True, init=False
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    abstract: Mapped[str] = mapped_column(Text)
    audience: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    ways: Mapped[list[dict[str, str | None]]] = mapped_column(JSONB)
    resources: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    written_at: Mapped[datetime] = mapped_column(db.Timestamp)
    written_by: Mapped[str]
    remarks: Mapped[str | None] = mapped_column(Text, default=None, init=False)
    decided_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    decided_by: Mapped[str | None] = mapped_column(default=None, init=False)
    published_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)

    @property
    def channels(self) -> list[Channel]:
        """The ways to the service."""
        return [
            Channel(
                kind=ChannelKind(str(way["kind"])), address=str(way["address"]), hours=way["hours"]
            )
            for way in self.ways
        ]


class GuideService(Base, kw_only=True):
    """One service that a department offers the public.

    `latest` is the number of the last description, `published` of the one in the guide.
    `confirmed_on` is the local day on which its department last said, or the authority confirmed,
    that it is right; `due_on` the last day on which that has to be said again.
    """

    __tablename__ = "guide_service"
    __table_args__ = (
        UniqueConstraint("provider", "name_key"),
        Index("ix_guide_service_due", "due_on", postgresql_where=text("due_on IS NOT NULL")),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1, init=False)
    provider: Mapped[UUID] = mapped_column(ForeignKey("department.id"))
    # None once the service has ended, so that its name can be used again.
    name_key: Mapped[str | None] = mapped_column(Text)
    state: Mapped[GuideState] = mapped_column(
        db.named(GuideState), default=GuideState.COMPILED, init=False
    )
    latest: Mapped[int] = mapped_column(default=1, init=False)
    published: Mapped[int | None] = mapped_column(default=None, init=False)
    confirmed_on: Mapped[date | None] = mapped_column(default=None, init=False)
    due_on: Mapped[date | None] = mapped_column(default=None, init=False)
    reminded_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    overdue_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    ended_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    reason: Mapped[str | None] = mapped_column(Text, default=None, init=False)

    department: Mapped[Department] = relationship(lazy="raise", init=False)
    versions: Mapped[list[GuideVersion]] = relationship(
        order_by=GuideVersion.number, lazy="raise", default_factory=list
    )

    def numbered(self, number: int) -> GuideVersion:
        """The description of this number; the versions must be loaded."""
        return next(version for version in self.versions if version.number == number)

    def compiled(self, by: Principal) -> said.ServiceCompiled:
        """That its department wrote the latest description."""
        last = self.numbered(self.latest)
        return said.ServiceCompiled(**self._facts(last.written_at, by), name=last.name)

    def write(
        self, description: GuideVersion, name_key: str, by: Principal
    ) -> said.ServiceCompiled:
        """The department writes anew; what stands in the guide stays until that is confirmed.

        Raises ServiceStateUnfit.
        """
        self._check_not_ended()
        self.latest = description.number
        self.versions.append(description)
        self.name_key, self.state = name_key, GuideState.COMPILED
        self.version += 1
        return self.compiled(by)

    def publish(
        self, by: Principal, rulebook: Rulebook, on: date, due_on: date, at: datetime
    ) -> said.ServicePublished:
        """The authority confirms the latest description. Raises ServiceStateUnfit."""
        last = self._decide(by, None, at)
        last.published_at = at
        self.state, self.published = GuideState.PUBLISHED, last.number
        self._confirm(on, due_on)
        return said.ServicePublished(
            **self._facts(at, by),
            name=last.name,
            rulebook=rulebook.id,
            rulebook_version=rulebook.version,
        )

    def send_back(self, by: Principal, remarks: str, at: datetime) -> said.ServiceReturned:
        """The authority wants it otherwise. Raises ServiceStateUnfit, ServiceRemarksMissing."""
        if not remarks:
            raise ServiceRemarksMissing("Say what has to be changed.")
        self._decide(by, remarks, at)
        self.state = GuideState.RETURNED
        return said.ServiceReturned(**self._facts(at, by), remarks=remarks)

    def keep(self, by: Principal, on: date, due_on: date, at: datetime) -> said.ServiceKept:
        """The department says that what stands in the guide is right. Raises ServiceStateUnfit."""
        if self.published is None:
            raise ServiceStateUnfit("Only what stands in the guide can be confirmed as it is.")
        self._confirm(on, due_on)
        self.version += 1
        return said.ServiceKept(**self._facts(at, by))

    def end(self, by: Principal, reason: str, at: datetime) -> said.ServiceEnded:
        """The service is offered no more. Raises ServiceStateUnfit."""
        self._check_not_ended()
        self.state, self.ended_at, self.reason = GuideState.ENDED, at, reason
        self.published, self.due_on, self.name_key = None, None, None
        self.version += 1
        return said.ServiceEnded(**self._facts(at, by), reason=reason)

    def remind(self, at: datetime) -> said.ServiceReminded:
        """The last day is near; said once."""
        self.reminded_at = at
        self.version += 1
        return said.ServiceReminded(**self._facts(at, None))

    def fall_overdue(self, at: datetime) -> said.ServiceOverdue:
        """The last day has passed; said once."""
        self.overdue_at = at
        self.version += 1
        return said.ServiceOverdue(**self._facts(at, None))

    def _decide(self, by: Principal, remarks: str | None, at: datetime) -> GuideVersion:
        if self.state is not GuideState.COMPILED:
            raise ServiceStateUnfit("Nothing of this service waits for the authority.")
        last = self.numbered(self.latest)
        last.decided_at, last.decided_by, last.remarks = at, by.actor, remarks
        self.version += 1
        return last

    def _confirm(self, on: date, due_on: date) -> None:
        self.confirmed_on, self.due_on = on, due_on
        self.reminded_at = self.overdue_at = None

    def _check_not_ended(self) -> None:
        if self.state is GuideState.ENDED:
            raise ServiceStateUnfit("This service has ended; describe a new one.")

    def _facts(self, at: datetime, by: Principal | None) -> _Facts:
        return _Facts(
            at=at,
            actor=by.actor if by else PLATFORM,
            department=by.department if by else None,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id if by else None,
            service=self.id,
            provider=self.provider,
            number=self.latest,
            due_on=self.due_on,
        )
