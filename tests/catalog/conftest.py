"""The catalogue over a fresh database, in Baoji where a test names no other rulebook."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from services.catalog.app import create_app
from services.catalog.settings import CatalogSettings
from shared import clock
from tests.callers import CallAs, Principals
from tests.catalog.world import CITY, MONDAY, MakeWorld, World, peopled, registered
from tests.servers import Dsn


@pytest.fixture
async def world_of(
    database: Dsn, principal: Principals, call: Callable[[FastAPI], CallAs]
) -> AsyncIterator[MakeWorld]:
    """Makes the world of a test under a rulebook; its clock starts on a Monday morning."""
    async with AsyncExitStack() as stack:
        stack.enter_context(clock.turn(MONDAY))

        async def make(rulebook: str, **settings: Any) -> World:  # the edge: as told
            app = create_app(
                CatalogSettings(
                    database=SecretStr(database("catalog")),
                    nats=SecretStr("nats://127.0.0.1:1"),
                    passport_key=SecretStr("5a" * 32),
                    rulebook=rulebook,
                    **settings,
                )
            )
            await stack.enter_async_context(app.router.lifespan_context(app))
            world = peopled(app, call(app), principal)
            stack.push_async_callback(world.close)
            await world.hear(registered(world.compiler.department))
            await world.hear(
                registered(
                    world.publisher.department, "示例市政府信息化办公室", short_name="信息办"
                )
            )
            await world.hear(
                registered(
                    world.stranger.department, "示例市税务局", short_name="税务局", region=CITY
                )
            )
            return world

        yield make


@pytest.fixture
async def world(world_of: MakeWorld) -> World:
    """The catalogue in Baoji."""
    return await world_of("baoji-2017")
