"""The requests service over a fresh database, in Baoji where a test names no other rulebook."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from services.requests.app import create_app
from services.requests.settings import RequestsSettings
from shared import clock
from tests.callers import CallAs, Principals
from tests.requests.world import MONDAY, REGION, MakeWorld, World
from tests.servers import Dsn


@pytest.fixture
async def world_of(
    database: Dsn, principal: Principals, call: Callable[[FastAPI], CallAs]
) -> AsyncIterator[MakeWorld]:
    """Makes the world of a test under a rulebook; its clock starts on a Monday morning."""
    async with AsyncExitStack() as stack:
        stack.enter_context(clock.turn(MONDAY))

        async def make(rulebook: str) -> World:
            app = create_app(
                RequestsSettings(
                    database=SecretStr(database("requests")),
                    nats=SecretStr("nats://127.0.0.1:1"),
                    passport_key=SecretStr("5a" * 32),
                    rulebook=rulebook,
                )
            )
            await stack.enter_async_context(app.router.lifespan_context(app))
            world = World(
                app=app,
                call=call(app),
                sessions=app.state.sessions,
                tax=principal(region=REGION),
                market=principal(region=REGION),
            )
            stack.push_async_callback(world.close)
            return world

        yield make


@pytest.fixture
async def world(world_of: MakeWorld) -> World:
    """The service in Baoji."""
    return await world_of("baoji-2017")
