"""The migrations lead to exactly the tables that the models describe."""

import asyncpg
import pytest
from sqlalchemy import Connection

from services.exchange.models import Base
from shared import db, migrate
from tests.servers import Dsn


async def test_the_migrations_equal_the_models(owner_database: Dsn) -> None:
    engine = db.engine(owner_database("exchange"), size=1)

    def compare(connection: Connection) -> list[object]:
        return migrate.differences("services.exchange", connection, Base.metadata)

    try:
        async with engine.connect() as connection:
            assert await connection.run_sync(compare) == []
    finally:
        await engine.dispose()


@pytest.mark.parametrize("table", ["batch", "known_grant", "address"])
async def test_the_runtime_role_cannot_delete_what_happened(database: Dsn, table: str) -> None:
    connection = await asyncpg.connect(**db.asyncpg_arguments(database("exchange")))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
    finally:
        await connection.close()


async def test_the_runtime_role_makes_tables_for_lookups_and_nowhere_else(database: Dsn) -> None:
    connection = await asyncpg.connect(**db.asyncpg_arguments(database("exchange")))
    try:
        await connection.execute("CREATE TABLE lookup.made (id int)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE TABLE public.made (id int)")
    finally:
        await connection.close()
