"""What this service heard of resources and departments, and keeps to do its own work."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.requests.base import Base
from services.requests.granting import Offer, OfferedItem
from shared import db
from shared.events.catalog import (
    Grade,
    ItemType,
    ResourcePublished,
    ResourceWithdrawn,
    Secrecy,
    ShareType,
)
from shared.events.gateway import DepartmentChanged, DepartmentRegistered, DepartmentStatus


class KnownDepartment(Base, kw_only=True):
    """What the gateway said last of a department; `heard` is the version that said so."""

    __tablename__ = "known_department"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    heard: Mapped[int]
    name: Mapped[str]
    short_name: Mapped[str]
    region: Mapped[str]
    is_authority: Mapped[bool]
    ended: Mapped[bool] = mapped_column(default=False)

    @classmethod
    def of(cls, event: DepartmentRegistered) -> "KnownDepartment":
        """The department as the event has it."""
        return cls(
            id=event.registered,
            heard=event.version,
            name=event.name,
            short_name=event.short_name,
            region=event.region,
            is_authority=event.is_authority,
            ended=_has_ended(event),
        )

    def hear(self, event: DepartmentRegistered) -> None:
        """Take over newer particulars; older ones, arriving late, change nothing."""
        if event.version <= self.heard:
            return
        self.heard = event.version
        self.name = event.name
        self.short_name = event.short_name
        self.region = event.region
        self.is_authority = event.is_authority
        self.ended = _has_ended(event)


class KnownItem(Base, kw_only=True):
    """An item of a known resource, in the entry's order."""

    __tablename__ = "known_item"

    resource_id: Mapped[UUID] = mapped_column(
        ForeignKey("known_resource.id", ondelete="CASCADE"), primary_key=True, init=False
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    share_type: Mapped[ShareType] = mapped_column(db.named(ShareType))
    secrecy: Mapped[Secrecy] = mapped_column(db.named(Secrecy))
    type: Mapped[ItemType | None] = mapped_column(db.named(ItemType), default=None)
    scale: Mapped[int | None] = mapped_column(default=None)


class KnownResource(Base, kw_only=True):
    """What the catalogue said last of a resource: this service's own copy.

    `version` is that of the entry, `heard` the version of the aggregate that said so.
    """

    __tablename__ = "known_resource"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    heard: Mapped[int]
    version: Mapped[int]
    code: Mapped[str]
    name: Mapped[str]
    provider: Mapped[UUID]
    region: Mapped[str]
    share_type: Mapped[ShareType] = mapped_column(db.named(ShareType))
    share_condition: Mapped[str | None] = mapped_column(Text)
    grade: Mapped[Grade] = mapped_column(db.named(Grade))
    withdrawn_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    items: Mapped[list[KnownItem]] = relationship(
        order_by=KnownItem.position, cascade="all, delete-orphan", lazy="raise"
    )

    @classmethod
    def of(cls, event: ResourcePublished) -> "KnownResource":
        """The resource as the event has it."""
        return cls(
            id=event.resource,
            heard=event.version,
            version=event.resource_version,
            code=event.code,
            name=event.name,
            provider=event.provider,
            region=event.region,
            share_type=event.share_type,
            share_condition=event.share_condition,
            grade=event.grade,
            items=_items(event),
        )

    def publish(self, event: ResourcePublished) -> None:
        """Take over a newer publication; an older one, arriving late, changes nothing."""
        if event.version <= self.heard:
            return
        self.heard = event.version
        self.version = event.resource_version
        self.code = event.code
        self.name = event.name
        self.provider = event.provider
        self.region = event.region
        self.share_type = event.share_type
        self.share_condition = event.share_condition
        self.grade = event.grade
        self.withdrawn_at = None
        self.items = _items(event)

    def withdraw(self, event: ResourceWithdrawn) -> bool:
        """It left the catalogue: true. A draft that was given up changes nothing here: false."""
        if event.version <= self.heard:
            return False
        self.heard = event.version
        if event.published is None:
            return False
        self.withdrawn_at = event.at
        return True

    @property
    def offer(self) -> Offer:
        """The resource as the rules see it."""
        return Offer(
            share_type=self.share_type,
            grade=self.grade,
            items=tuple(
                OfferedItem(i.code, i.share_type, i.secrecy, i.type, i.scale) for i in self.items
            ),
            withdrawn=self.withdrawn_at is not None,
        )


def _has_ended(event: DepartmentRegistered) -> bool:
    """Whether the department was merged, split or abolished."""
    return isinstance(event, DepartmentChanged) and event.status is not DepartmentStatus.ACTIVE


def _items(event: ResourcePublished) -> list[KnownItem]:
    return [
        KnownItem(
            position=position,
            code=item.code,
            name=item.name,
            share_type=item.share_type,
            secrecy=item.secrecy,
            type=item.type,
            scale=item.scale,
        )
        for position, item in enumerate(event.items)
    ]
