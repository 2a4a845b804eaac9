"""The departments of the catalogue, as the gateway last described them."""

from typing import Self
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.catalog.base import Base
from services.catalog.entry import Provider
from shared.events.gateway import DepartmentRegistered


class Department(Base, kw_only=True):
    """A department as the gateway last described it; `version` says how late that was."""

    __tablename__ = "department"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    short_name: Mapped[str]
    credit_code: Mapped[str]
    region: Mapped[str]

    @classmethod
    def of(cls, event: DepartmentRegistered) -> Self:
        """A department heard of for the first time."""
        return cls(
            id=event.registered,
            version=event.version,
            name=event.name,
            short_name=event.short_name,
            credit_code=event.credit_code,
            region=event.region,
        )

    def hear(self, event: DepartmentRegistered) -> None:
        """Take what is newer than what is known."""
        if event.version <= self.version:
            return
        self.version = event.version
        self.name, self.short_name = event.name, event.short_name
        self.credit_code, self.region = event.credit_code, event.region

    @property
    def provider(self) -> Provider:
        """The department as the rules see it."""
        return Provider(name=self.name, credit_code=self.credit_code)
