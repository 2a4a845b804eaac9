"""The versions of a resource and their items: what is, was or may become said of it.

A version that was published never changes again: the database refuses it by trigger (see the
first migration).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.catalog import names
from services.catalog.base import Base
from services.catalog.classification import Attribute, Classification, Level, Topic
from services.catalog.conditions import LegalBasis
from services.catalog.entry import Entry
from services.catalog.formats import Format, FormatClass
from services.catalog.items import Item, Openness
from services.catalog.sources.datum import DATUM
from services.catalog.workflow import State
from shared import db
from shared.events.catalog import (
    Grade,
    ItemType,
    Secrecy,
    ShareMethod,
    ShareType,
    Standard,
    UpdateCycle,
)
from shared.rulebooks.vocabulary import BasicCategory, MustShare
from shared.rulebooks.vocabulary import LegalBasis as BasisKind

if TYPE_CHECKING:
    from services.catalog.models import Resource


class ResourceItem(Base, kw_only=True):
    """One item of one version, in the entry's order."""

    __tablename__ = "resource_item"
    __table_args__ = (
        ForeignKeyConstraint(
            ["resource_id", "number"], ["resource_version.resource_id", "resource_version.number"]
        ),
        # Who else has an item of this name, this data element or this standard: each kept in the
        # words in which it is asked for (`sources/datum.py`).
        Index("ix_resource_item_datum", text(DATUM)),
        Index("ix_resource_item_element", "element", postgresql_where=text("element IS NOT NULL")),
        Index("ix_resource_item_standard", "standard", postgresql_where=text("standard <> 'none'")),
    )

    resource_id: Mapped[UUID] = mapped_column(primary_key=True, init=False)
    number: Mapped[int] = mapped_column(primary_key=True, init=False)
    position: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    type: Mapped[ItemType] = mapped_column(db.named(ItemType))
    length: Mapped[int | None]
    scale: Mapped[int | None]
    key: Mapped[bool]
    required: Mapped[bool]
    basic: Mapped[bool]
    secrecy: Mapped[Secrecy] = mapped_column(db.named(Secrecy))
    share_type: Mapped[ShareType | None] = mapped_column(db.named(ShareType))
    openness: Mapped[Openness] = mapped_column(db.named(Openness))
    standard: Mapped[Standard] = mapped_column(db.named(Standard))
    element: Mapped[str | None]

    @classmethod
    def at(cls, position: int, item: Item) -> Self:
        """The row of an item that stands at `position`, counted from 0."""
        return cls(
            position=position,
            code=item.code,
            name=item.name,
            type=item.type,
            length=item.length,
            scale=item.scale,
            key=item.key,
            required=item.required,
            basic=item.basic,
            secrecy=item.secrecy,
            share_type=item.share_type,
            openness=item.openness,
            standard=item.standard,
            element=item.element,
        )

    @property
    def item(self) -> Item:
        """The item as the rules see it."""
        return Item(
            code=self.code,
            name=self.name,
            type=self.type,
            length=self.length,
            scale=self.scale,
            key=self.key,
            required=self.required,
            basic=self.basic,
            secrecy=self.secrecy,
            share_type=self.share_type,
            openness=self.openness,
            standard=self.standard,
            element=self.element,
        )


class ResourceVersion(Base, kw_only=True):
    """What is, or was, or may become said of a resource.

    `compilers` are the actors who wrote or submitted it, `reviewers` those who passed it in the
    department. `rulebook` is the one that it was published under.
    """

    __tablename__ = "resource_version"
    __table_args__ = (
        Index("ix_resource_version_place", "attribute", "topic"),
        Index("ix_resource_version_name_key", "name_key"),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    resource_id: Mapped[UUID] = mapped_column(
        ForeignKey("resource.id"), primary_key=True, init=False
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(db.Timestamp)
    compilers: Mapped[list[str]] = mapped_column(ARRAY(Text), default_factory=list)
    reviewers: Mapped[list[str]] = mapped_column(ARRAY(Text), default_factory=list)
    published_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    rulebook: Mapped[str | None] = mapped_column(default=None)
    rulebook_version: Mapped[str | None] = mapped_column(default=None)
    # Who provided it, under the name and code of the day on which it was published.
    published_for: Mapped[UUID | None] = mapped_column(init=False, default=None)
    published_for_name: Mapped[str | None] = mapped_column(init=False, default=None)
    published_for_code: Mapped[str | None] = mapped_column(init=False, default=None)

    name: Mapped[str] = mapped_column(Text, init=False)
    name_key: Mapped[str] = mapped_column(Text, init=False)
    provider_unit: Mapped[str | None] = mapped_column(Text, init=False)
    attribute: Mapped[Attribute | None] = mapped_column(db.named(Attribute), init=False)
    topic: Mapped[Topic | None] = mapped_column(db.named(Topic), init=False)
    branch: Mapped[str | None] = mapped_column(init=False)
    detail: Mapped[str | None] = mapped_column(init=False)
    level: Mapped[Level | None] = mapped_column(db.named(Level), init=False)
    basic_category: Mapped[BasicCategory | None] = mapped_column(
        db.named(BasicCategory), init=False
    )
    must_share: Mapped[MustShare | None] = mapped_column(db.named(MustShare), init=False)
    abstract: Mapped[str | None] = mapped_column(Text, init=False)
    format_class: Mapped[FormatClass | None] = mapped_column(db.named(FormatClass), init=False)
    format_type: Mapped[str | None] = mapped_column(init=False)
    secrecy: Mapped[Secrecy] = mapped_column(db.named(Secrecy), init=False)
    grade: Mapped[Grade] = mapped_column(db.named(Grade), init=False)
    share_type: Mapped[ShareType | None] = mapped_column(db.named(ShareType), init=False)
    share_condition: Mapped[str | None] = mapped_column(Text, init=False)
    basis_kind: Mapped[BasisKind | None] = mapped_column(db.named(BasisKind), init=False)
    basis_citation: Mapped[str | None] = mapped_column(Text, init=False)
    share_methods: Mapped[list[ShareMethod]] = mapped_column(
        ARRAY(db.named(ShareMethod)), init=False
    )
    openness: Mapped[Openness | None] = mapped_column(db.named(Openness), init=False)
    open_condition: Mapped[str | None] = mapped_column(Text, init=False)
    update_cycle: Mapped[UpdateCycle | None] = mapped_column(db.named(UpdateCycle), init=False)
    related: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), init=False)

    resource: Mapped["Resource"] = relationship("services.catalog.models.Resource", lazy="raise")
    items: Mapped[list[ResourceItem]] = relationship(
        order_by=ResourceItem.position,
        cascade="all, delete-orphan",
        lazy="raise",
        default_factory=list,
    )

    @property
    def state(self) -> State:
        """Where this version stands; the resource must be loaded."""
        return self.resource.state_of(self)

    @property
    def provider_then(self) -> tuple[UUID, str, str] | None:
        """Id, name and credit code of the provider on the day of publication, None before it."""
        found, name, code = self.published_for, self.published_for_name, self.published_for_code
        return None if found is None or name is None or code is None else (found, name, code)

    @property
    def place(self) -> Classification | None:
        """Where the version puts the resource in the trees."""
        if self.attribute is None or self.topic is None:
            return None
        return Classification(
            attribute=self.attribute, topic=self.topic, branch=self.branch, detail=self.detail
        )

    @property
    def entry(self) -> Entry:
        """What the version says; its items must be loaded."""
        format_ = basis = None
        if self.format_class is not None:
            format_ = Format(self.format_class, self.format_type or "")
        if self.basis_kind is not None:
            basis = LegalBasis(self.basis_kind, self.basis_citation or "")
        return Entry(
            name=self.name,
            provider_unit=self.provider_unit,
            classification=self.place,
            level=self.level,
            basic_category=self.basic_category,
            must_share=self.must_share,
            abstract=self.abstract,
            format=format_,
            secrecy=self.secrecy,
            grade=self.grade,
            share_type=self.share_type,
            share_condition=self.share_condition,
            legal_basis=basis,
            share_methods=tuple(self.share_methods),
            openness=self.openness,
            open_condition=self.open_condition,
            update_cycle=self.update_cycle,
            related=tuple(self.related),
            items=tuple(row.item for row in self.items),
        )

    def state_as(self, entry: Entry) -> None:
        """Let the version say what `entry` says, and nothing else."""
        place, format_, basis = entry.classification, entry.format, entry.legal_basis
        self.name = entry.name
        self.name_key = names.key(entry.name)
        self.provider_unit = entry.provider_unit
        self.attribute = place.attribute if place else None
        self.topic = place.topic if place else None
        self.branch = place.branch if place else None
        self.detail = place.detail if place else None
        self.level = entry.level
        self.basic_category = entry.basic_category
        self.must_share = entry.must_share
        self.abstract = entry.abstract
        self.format_class = format_.kind if format_ else None
        self.format_type = format_.type if format_ else None
        self.secrecy = entry.secrecy
        self.grade = entry.grade
        self.share_type = entry.share_type
        self.share_condition = entry.share_condition
        self.basis_kind = basis.kind if basis else None
        self.basis_citation = basis.citation if basis else None
        self.share_methods = list(entry.share_methods)
        self.openness = entry.openness
        self.open_condition = entry.open_condition
        self.update_cycle = entry.update_cycle
        self.related = list(entry.related)
        self.items = [ResourceItem.at(n, item) for n, item in enumerate(entry.items)]

    def compiled_by(self, hands: Sequence[str]) -> None:
        """Remember whose hands were in this version."""
        self.compilers = list(dict.fromkeys([*self.compilers, *hands]))

    def reviewed_by(self, hands: Sequence[str]) -> None:
        """Remember who passed this version."""
        self.reviewers = list(dict.fromkeys([*self.reviewers, *hands]))
