"""Where alembic enters audit's migrations."""

from services.audit.models import Base
from shared.migrate import run

run(Base.metadata)
