"""The table of data elements that this service heard of."""

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.exchange.base import Base
from shared import db
from shared.events.catalog import ItemType


class KnownElement(Base, kw_only=True):
    """A data element as it stands in the registry; `codes` are the values that exist."""

    __tablename__ = "known_element"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT, UPDATE"}},)

    code: Mapped[str] = mapped_column(primary_key=True)
    heard: Mapped[int]
    type: Mapped[ItemType] = mapped_column(db.named(ItemType))
    length: Mapped[int | None]
    codes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
