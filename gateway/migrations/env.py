"""Alembic's entry into the gateway's tables."""

from gateway.models import Base
from shared.migrate import run

run(Base.metadata)
