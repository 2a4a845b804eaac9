"""What every test may ask for: real servers, fresh databases, callers, settings.

    postgres, nats      the embedded servers, one of each for the run, in a folder of their own
    database(service)   the address of a fresh, migrated database, for the runtime role
    owner_database(service)   the same database, for its owner
    bus_dsn(service)    the address of NATS, with streams that are empty when the test begins
    settings_for(service)     the settings that an installation would give it, over these
    principal(…)        somebody who calls; without arguments an operator who may do everything
    call(app)(principal)      an HTTP client that speaks to `app` as the gateway would for them

A test that uses a server is marked `servers` by itself; `make quick` leaves those out.
"""

import pytest

pytest_plugins = ["tests.servers", "tests.told", "tests.callers", "tests.conformance"]

# Takes minutes, so another process does the rest meanwhile.
LONGEST = "tests/matrix/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, or a process would be left alone with it at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
