"""Where alembic finds the tables of the catalogue."""

from services.catalog.models import Base
from shared.migrate import run

run(Base.metadata)
