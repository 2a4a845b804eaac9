"""The tables of who leads in collecting a datum and who collects second, and what changes them."""

from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.catalog.base import Base
from services.catalog.departments import Department
from services.catalog.sources.datum import Sameness
from services.catalog.versions import ResourceItem, ResourceVersion
from services.catalog.workflow import Act
from shared import db
from shared.events.catalog_sources import CollectionRuled, SecondaryCollectionStated
from shared.rulebooks.vocabulary import LegalBasis


class CollectionRuling(Base, kw_only=True):
    """The authority's word on who leads in collecting a datum (主采集部门) in its region.

    `datum` is the code of a data element or the folded name of an item, as `by` says. Those in
    `permitted` may collect it beside `lead`, on the basis stated. A later ruling on the same
    datum in the same region takes its place.
    """

    __tablename__ = "collection_ruling"
    __table_args__ = (
        Index(
            "uq_collection_ruling_datum",
            "datum",
            "by",
            "region",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    by: Mapped[Sameness] = mapped_column(db.named(Sameness))
    datum: Mapped[str] = mapped_column(Text)
    named: Mapped[str] = mapped_column(Text)
    region: Mapped[str]
    lead: Mapped[UUID] = mapped_column(ForeignKey("department.id"), index=True)
    permitted: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    basis_kind: Mapped[LegalBasis | None] = mapped_column(db.named(LegalBasis))
    basis_citation: Mapped[str | None] = mapped_column(Text)
    remarks: Mapped[str] = mapped_column(Text)
    rulebook: Mapped[str]
    rulebook_version: Mapped[str]
    ruled_at: Mapped[datetime] = mapped_column(db.Timestamp)
    ruled_by: Mapped[str]
    superseded_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)

    department: Mapped[Department] = relationship(lazy="raise")

    def ruled(self, act: Act) -> CollectionRuled:
        """That the authority ruled."""
        return CollectionRuled(
            at=act.at,
            actor=act.by.actor,
            department=act.by.department,
            aggregate=self.id,
            access_id=act.by.access_id,
            by=str(self.by),
            datum=self.datum,
            region=self.region,
            lead=self.lead,
            permitted=self.permitted,
            rulebook=self.rulebook,
            rulebook_version=self.rulebook_version,
        )

    def supersede(self, at: datetime) -> None:
        """A later ruling takes its place."""
        self.superseded_at = at

    def settles(self, provider: UUID) -> bool:
        """Whether a department may collect the datum by this ruling, other than second."""
        return provider == self.lead or provider in self.permitted


class SecondaryItem(Base, kw_only=True):
    """An item that a resource's provider collects second (辅采集): another department leads."""

    __tablename__ = "secondary_item"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT"}},)

    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resource.id"), primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    stated_at: Mapped[datetime] = mapped_column(db.Timestamp)
    stated_by: Mapped[str]
    remarks: Mapped[str] = mapped_column(Text)

    @classmethod
    def stated(cls, version: ResourceVersion, item: ResourceItem, remarks: str, act: Act) -> Self:
        """The statement about one item of a resource."""
        return cls(
            resource_id=version.resource_id,
            code=item.code,
            stated_at=act.at,
            stated_by=act.by.actor,
            remarks=remarks,
        )


def stated(version: ResourceVersion, codes: list[str], act: Act) -> SecondaryCollectionStated:
    """That a department collects items of a resource second; its resource must be loaded."""
    return SecondaryCollectionStated(
        at=act.at,
        actor=act.by.actor,
        department=act.by.department,
        aggregate=version.resource_id,
        version=version.resource.revision,
        access_id=act.by.access_id,
        resource=version.resource_id,
        provider=version.resource.provider,
        items=codes,
        rulebook=act.rulebook.id,
        rulebook_version=act.rulebook.version,
    )
