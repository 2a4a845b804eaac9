"""The mark that example data was loaded, so that production mode can refuse it."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base
from shared import db


class ExampleLoaded(Base, kw_only=True):
    """One row, once an example document was registered (gateway/bootstrap.py); it never leaves."""

    __tablename__ = "example_loaded"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT"}},)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    at: Mapped[datetime] = mapped_column(db.Timestamp)
