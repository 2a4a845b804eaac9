"""The migrations lead to exactly the tables that the models describe."""

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.models import Base
from shared import db, migrate
from tests.servers import Dsn


async def test_the_migrations_equal_the_models(owner_database: Dsn) -> None:
    engine = db.engine(owner_database("gateway"), size=1)

    def compare(connection: Connection) -> list[object]:
        return migrate.differences("gateway", connection, Base.metadata)

    try:
        connection: AsyncConnection
        async with engine.connect() as connection:
            assert await connection.run_sync(compare) == []
    finally:
        await engine.dispose()
