"""A provider's own system on this machine, and the exchange service that may call it."""

from collections.abc import AsyncIterator, Callable

import pytest
from fastapi import FastAPI

from services.exchange.app import create_app
from services.exchange.settings import ExchangeSettings
from tests.callers import CallAs, Principals
from tests.exchange.apis.office import Office
from tests.exchange.apis.system import System, serving
from tests.exchange.world import World
from tests.told import SettingsFor


@pytest.fixture
async def system() -> AsyncIterator[System]:
    """A provider's system."""
    async with serving() as system:
        yield system


@pytest.fixture
async def office(
    settings_for: SettingsFor,
    principal: Principals,
    call: Callable[[FastAPI], CallAs],
    system: System,
) -> AsyncIterator[Office]:
    """A resource, its provider's system, and the running service, which may call it."""
    settings = settings_for(
        "exchange",
        api_hosts=frozenset({system.host, "elsewhere.example", f"rebinds.example:{system.port}"}),
        api_inner_networks=("127.0.0.1/32",),
    )
    assert isinstance(settings, ExchangeSettings)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        world = World(app, settings, call(app), principal, principal())
        await world.catalogue()
        yield Office(world, system)
