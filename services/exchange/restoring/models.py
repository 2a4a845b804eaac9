"""The table of where this database knows itself to be."""

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.exchange.base import Base
from shared import db


class Home(Base, kw_only=True):
    """The one row that says by what the database and the folder know each other.

    `cluster` is PostgreSQL's own identity, which another one has after every restore; `folder` is
    that of the marker in the storage folder, which a copy does not have.
    """

    __tablename__ = "home"
    __table_args__ = (
        CheckConstraint("here", name="one_home"),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    here: Mapped[bool] = mapped_column(Boolean, primary_key=True, default=True)
    cluster: Mapped[str]
    folder: Mapped[str]
    known_at: Mapped[datetime] = mapped_column(db.Timestamp)
