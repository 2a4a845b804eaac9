"""The services described, without any server: the rules read what they say of themselves."""

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI

from gateway.door import Door
from tests.house.walk import SERVICES
from tests.told import SettingsFor

Described = dict[str, dict[str, Any]]  # the edge: OpenAPI as JSON


class _Nowhere:
    """In place of NATS: nothing connects while an application is only described."""

    def dsn(self, user: str) -> str:
        return f"nats://{user}:{user}@127.0.0.1:1"


@pytest.fixture
def nats() -> _Nowhere:
    """An address that nobody calls."""
    return _Nowhere()


@pytest.fixture
def database() -> Callable[[str], str]:
    """An address that nobody calls."""
    return lambda service: f"postgresql://{service}:{service}@127.0.0.1:1/{service}"


@pytest.fixture
def described(settings_for: SettingsFor) -> Described:
    """The OpenAPI document of the gateway and of each service, by name."""
    found: Described = {}
    for part in ("gateway", *SERVICES):
        package = "gateway" if part == "gateway" else f"services.{part}"
        made = importlib.import_module(f"{package}.app").create_app(settings_for(part))
        found[part] = application(made).openapi()
        assert found[part]["paths"], f"{part} has no operation: a rule over nothing proves nothing"
    return found


def application(made: object) -> FastAPI:
    """The application itself; the gateway's stands inside its door, and that inside another."""
    if isinstance(made, FastAPI):
        return made
    (inner,) = [value for value in vars(made).values() if isinstance(value, FastAPI | Door)]
    return application(inner)
