"""Where alembic finds the tables of exchange."""

from services.exchange.models import Base
from shared.migrate import run

run(Base.metadata)
