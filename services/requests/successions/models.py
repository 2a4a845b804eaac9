"""The table of who followed whom."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.requests.base import Base


class Heritage(Base, kw_only=True):
    """`successor` follows `predecessor` as a whole, directly or through others between them."""

    __tablename__ = "heritage"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT"}},)

    predecessor: Mapped[UUID] = mapped_column(primary_key=True)
    successor: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    succession: Mapped[UUID]
