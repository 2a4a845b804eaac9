"""The migrations lead to exactly the tables that the models describe."""

import asyncpg
import pytest
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from services.requests.models import Base
from shared import db, migrate
from tests.servers import Dsn


async def test_the_migrations_equal_the_models(owner_database: Dsn) -> None:
    engine = db.engine(owner_database("requests"), size=1)

    def compare(connection: Connection) -> list[object]:
        return migrate.differences("services.requests", connection, Base.metadata)

    try:
        connection: AsyncConnection
        async with engine.connect() as connection:
            assert await connection.run_sync(compare) == []
    finally:
        await engine.dispose()


@pytest.mark.parametrize("table", ["share_request", "share_grant"])
async def test_the_runtime_role_cannot_delete_a_case(database: Dsn, table: str) -> None:
    connection = await asyncpg.connect(**db.asyncpg_arguments(database("requests")))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
    finally:
        await connection.close()
