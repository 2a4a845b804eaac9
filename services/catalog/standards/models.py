"""The table of registered data elements, and the only method that changes one."""

from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.catalog.base import Base
from services.catalog.occasions.models import PLATFORM
from services.catalog.standards.elements import DataElement
from shared import db
from shared.events.catalog import DataElementRegistered, ItemType, Standard
from shared.ids import new_id
from shared.principal import Principal


class RegisteredElement(Base, kw_only=True):
    """A data element as it stands; `version` counts its registrations.

    `id` is what events know it by. `registered_by` is empty for what the platform brought along.
    """

    __tablename__ = "data_element"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT, UPDATE"}},)

    code: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True, default_factory=new_id)
    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str] = mapped_column(Text)
    definition: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    type: Mapped[ItemType] = mapped_column(db.named(ItemType))
    length: Mapped[int | None]
    scale: Mapped[int | None]
    standard: Mapped[Standard] = mapped_column(db.named(Standard))
    codes: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True))
    registered_at: Mapped[datetime] = mapped_column(db.Timestamp)
    registered_by: Mapped[str | None] = mapped_column(default=None)
    # Whether the others have heard of it: what ships is told by the worker.
    told: Mapped[bool] = mapped_column(default=False)

    @classmethod
    def of(cls, element: DataElement, at: datetime, by: Principal | None) -> Self:
        """An element that is registered for the first time."""
        return cls(
            code=element.code,
            name=element.name,
            definition=element.definition,
            source=element.source,
            type=element.type,
            length=element.length,
            scale=element.scale,
            standard=element.standard,
            codes=dict(element.codes) if element.codes is not None else None,
            registered_at=at,
            registered_by=by.actor if by is not None else None,
        )

    def restate(self, element: DataElement, at: datetime, by: Principal) -> None:
        """Let the element be this from now on; entries are judged by it when next they change."""
        self.name, self.definition, self.source = element.name, element.definition, element.source
        self.type, self.length, self.scale = element.type, element.length, element.scale
        self.standard = element.standard
        self.codes = dict(element.codes) if element.codes is not None else None
        self.registered_at, self.registered_by = at, by.actor
        self.version += 1

    def registered(self, by: Principal) -> DataElementRegistered:
        """That somebody put the element into the registry as it stands."""
        return self._said(by.actor, by.department, by.access_id)

    def shipped(self) -> DataElementRegistered:
        """That the element is in the registry, said by the platform that brought it along."""
        return self._said(PLATFORM, None, None)

    def _said(
        self, actor: str, department: UUID | None, access_id: UUID | None
    ) -> DataElementRegistered:
        self.told = True
        return DataElementRegistered(
            at=self.registered_at,
            actor=actor,
            department=department,
            aggregate=self.id,
            version=self.version,
            access_id=access_id,
            element=self.code,
            name=self.name,
            source=self.source,
            type=self.type,
            length=self.length,
            scale=self.scale,
            standard=self.standard,
            codes=self.codes,
        )

    @property
    def element(self) -> DataElement:
        """The element as the rules see it."""
        names = DataElement.model_fields
        return DataElement.model_validate({name: getattr(self, name) for name in names})
