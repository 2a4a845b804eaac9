"""Where alembic finds the tables of requests."""

from services.requests.models import Base
from shared.migrate import run

run(Base.metadata)
