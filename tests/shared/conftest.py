"""Sessions over a fresh database with the tables that every service has."""

from collections.abc import AsyncIterator

import pytest

from shared import db
from tests.servers import Dsn
from tests.shared.world import Base


@pytest.fixture
async def sessions(database: Dsn) -> AsyncIterator[db.Sessions]:
    """Sessions of the runtime role."""
    engine = db.engine(database("gateway"), size=8)
    yield db.sessions(engine, Base)
    await engine.dispose()
