"""The exchange service over a fresh database and a storage folder of its own."""

from collections.abc import AsyncIterator, Callable

import pytest
from fastapi import FastAPI

from services.exchange.app import create_app
from services.exchange.settings import ExchangeSettings
from tests.callers import CallAs, Principals
from tests.exchange.world import World
from tests.told import SettingsFor


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
