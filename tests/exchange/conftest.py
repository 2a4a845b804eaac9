"""The exchange service over a fresh database and a storage folder of its own."""

from collections.abc import AsyncIterator, Callable

import pytest
from fastapi import FastAPI

from services.exchange.app import create_app
from services.exchange.settings import ExchangeSettings
from shared.bus import Bus
from shared.principal import Principal
from tests.callers import CallAs, Principals
from tests.exchange.doors import Heart
from tests.exchange.tables import HEADER, line
from tests.exchange.world import World
from tests.servers import Dsn
from tests.told import SettingsFor

ROWS = 20_000


@pytest.fixture
async def world(
    settings_for: SettingsFor, principal: Principals, call: Callable[[FastAPI], CallAs]
) -> AsyncIterator[World]:
    """A resource in the catalogue, its provider, and the running service."""
    settings = settings_for("exchange")
    assert isinstance(settings, ExchangeSettings)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        made = World(app, settings, call(app), principal, principal())
        await made.catalogue()
        yield made


@pytest.fixture
async def heart(bus_dsn: Dsn) -> AsyncIterator[Heart]:
    bus = await Bus.connect(bus_dsn("requests"), "requests")
    heart = Heart(bus)
    async with heart.beating():
        yield heart
    await bus.close()


@pytest.fixture
async def holder(world: World, heart: Heart) -> Principal:
    """Somebody granted three items of a resource with data."""
    await world.publish("\n".join([HEADER, *(line(n) for n in range(ROWS))]).encode())
    return await world.grant("name", "uscc", "city")
