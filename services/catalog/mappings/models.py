"""The table of named mappings: every version of each, none ever changed."""

from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.catalog.base import Base
from shared import db
from shared.events.catalog import MappingWritten
from shared.principal import Principal

# A mapping is known by its name; events name things by ids.
_NAMES = UUID("6f1b7c0e-3f0b-5a51-9d0e-6d617070696e")


class MappingVersion(Base, kw_only=True):
    """One version of a named mapping; the highest number is the one in force."""

    __tablename__ = "mapping_version"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT"}},)

    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    product: Mapped[str] = mapped_column(Text)
    columns: Mapped[dict[str, str]] = mapped_column(JSONB)
    values: Mapped[dict[str, dict[str, str]]] = mapped_column(JSONB)
    actor: Mapped[str]
    department: Mapped[UUID]
    written_at: Mapped[datetime] = mapped_column(db.Timestamp)

    @property
    def label(self) -> str:
        """How an import names what it was translated by."""
        return f"{self.name}@{self.number}"

    def written(self, by: Principal) -> MappingWritten:
        """The fact that this version was written."""
        return MappingWritten(
            at=self.written_at,
            actor=self.actor,
            department=self.department,
            aggregate=uuid5(_NAMES, self.name),
            version=self.number,
            access_id=by.access_id,
            name=self.name,
            product=self.product,
        )
