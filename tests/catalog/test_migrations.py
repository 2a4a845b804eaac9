"""The migrations lead to the tables as the models describe them, and to what keeps them."""

import pytest
from sqlalchemy import Connection, Executable, text, update
from sqlalchemy.exc import DBAPIError

from services.catalog.models import Base, ResourceItem, ResourceVersion
from shared import db, migrate
from tests.catalog.world import World, entry
from tests.servers import Dsn


async def test_the_migrated_database_is_what_the_models_describe(owner_database: Dsn) -> None:
    engine = db.engine(owner_database("catalog"), size=1)

    def compare(connection: Connection) -> list[object]:
        return migrate.differences("services.catalog", connection, Base.metadata)

    async with engine.connect() as connection:
        assert await connection.run_sync(compare) == []
    await engine.dispose()


@pytest.mark.duty("D04", "baoji-2017 §10")
async def test_the_database_itself_refuses_to_change_a_published_version(
    world: World, owner_database: Dsn
) -> None:
    await world.published(entry())
    engine = db.engine(owner_database("catalog"), size=1)
    statements: list[Executable] = [
        update(ResourceVersion).values(name="另一名称"),
        text("DELETE FROM resource_version"),
        update(ResourceItem).values(name="另一名称"),
        text("DELETE FROM resource_item"),
        text(
            "INSERT INTO resource_item SELECT resource_id, number, position + 100, code, name, "
            "type, length, scale, key, required, basic, secrecy, share_type, openness, standard "
            "FROM resource_item"
        ),
    ]
    for statement in statements:
        with pytest.raises(DBAPIError, match="a published version never changes"):
            async with engine.begin() as connection:
                await connection.execute(statement)
    await engine.dispose()


async def test_the_runtime_role_cannot_rewrite_the_steps(world: World) -> None:
    await world.draft()
    for statement in ("UPDATE resource_step SET actor = 'x'", "DELETE FROM resource_step"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with world.sessions.begin() as session:
                await session.execute(text(statement))
