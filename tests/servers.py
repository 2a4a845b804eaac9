"""The embedded servers of a test run, and what a single test gets of them."""

import asyncio
import itertools
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from nats.aio.client import Client

from deploy.local import launching
from deploy.local.nats import STOP as STOP_NATS
from deploy.local.nats import Nats, free_port, users
from deploy.local.postgres import FORGETFUL, Cluster, create_databases, literal, roles
from deploy.local.postgres import STOP as STOP_POSTGRES
from deploy.local.state import CHECKOUT
from shared import bus, migrate

T = TypeVar("T")
Dsn = Callable[[str], str]
_PREFIX = "huitong-tests-"


class Thread:
    """A loop in a thread of its own: what is asynchronous, asked for by a test that is not."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[None, None, T]) -> T:
        """What `work` returns, waited for."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def close(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Postgres:
    """The cluster of a run: a template of each service, and clones of it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.passwords = {role: role for role in roles()}
        self._thread = Thread()
        create_databases(cluster, self.passwords)
        self._connection = self._thread.run(cluster.connect())
        self._migrated: set[str] = set()
        self._numbers = itertools.count(1)

    def runtime_dsn(self, service: str, database: str) -> str:
        """The address of `database` for the weaker role that the service runs under."""
        role = f"huitong_{service}"
        return self.cluster.dsn(role, self.passwords[role], database)

    def owner_dsn(self, service: str, database: str) -> str:
        """The address of `database` for the role that owns its tables."""
        role = f"huitong_{service}_owner"
        return self.cluster.dsn(role, self.passwords[role], database)

    def clone(self, service: str, template: str | None = None) -> str:
        """The name of a fresh database, migrated where the service has migrations.

        A `template` is a database of that service which nobody is connected to.
        """
        self._migrate(service)
        name = f"test_{next(self._numbers)}_{service}"
        template = template or f"huitong_{service}"
        self.execute(
            f"CREATE DATABASE {name} TEMPLATE {template} OWNER huitong_{service}_owner",
            f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {name} TO huitong_{service}",
        )
        return name

    def drop(self, name: str) -> None:
        """Drop a clone, whoever is still connected to it."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def execute(self, *statements: str) -> None:
        """Run statements as the superuser, one after another."""

        async def all_of_them() -> None:
            for statement in statements:
                await self._connection.execute(statement)

        self._thread.run(all_of_them())

    def _migrate(self, service: str) -> None:
        """Migrate the template once a run."""
        if service in self._migrated:
            return
        package = "gateway" if service == "gateway" else f"services.{service}"
        if (CHECKOUT / package.replace(".", "/") / "migrations" / "env.py").exists():
            owner_dsn = self.owner_dsn(service, f"huitong_{service}")
            # In a thread, because a migration runs a loop of its own and a test may have one.
            with ThreadPoolExecutor(1) as pool:
                pool.submit(migrate.upgrade, package, owner_dsn, f"huitong_{service}").result()
        self._migrated.add(service)

    def close(self) -> None:
        """Leave the cluster."""
        self._thread.run(self._connection.close())
        self._thread.close()


def _sweep(parent: Path) -> None:
    """Remove what runs that were killed have left; their servers died with them."""
    for folder in parent.glob(f"{_PREFIX}*"):
        pid = folder.name.removeprefix(_PREFIX).split("-")[0]
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (PermissionError, ValueError):
            continue


@pytest.fixture(scope="session")
def state_folder() -> Iterator[Path]:
    """A folder for this run's servers, removed afterwards."""
    parent = Path(tempfile.gettempdir())
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(state_folder: Path) -> Iterator[Postgres]:
    """The embedded PostgreSQL of this run; it forgets in a crash, which makes it quick."""
    cluster = Cluster.at(state_folder / "postgres", literal("test"), FORGETFUL)
    cluster.initialise()
    process = cluster.start(state_folder / "postgres.log")
    try:
        server = Postgres(cluster)
        yield server
        server.close()
    finally:
        launching.stop(process, STOP_POSTGRES)


@pytest.fixture(scope="session")
def nats(state_folder: Path) -> Iterator[Nats]:
    """The embedded NATS of this run, with the users and permissions of an installation."""
    server = Nats.at(
        state_folder / "nats",
        free_port(),
        {user: f"{user}-password" for user in users()},
        sync_interval="2m",
    )
    process = server.start(state_folder / "nats.log")
    try:
        # In a thread, because a test's loop may run already when this is first asked for.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, bus.provision(server.dsn("admin"))).result()
        yield server
    finally:
        launching.stop(process, STOP_NATS)


class Databases:
    """The databases of one test: one for each service that it names."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._names: dict[str, str] = {}

    def name(self, service: str, template: str | None = None) -> str:
        """The database of `service` in this test, made when first asked for, of the template."""
        if service not in self._names:
            self._names[service] = self._postgres.clone(service, template)
        return self._names[service]

    def drop(self) -> None:
        """Drop them all."""
        for name in self._names.values():
            self._postgres.drop(name)


@pytest.fixture
def databases(postgres: Postgres) -> Iterator[Databases]:
    """The databases of this test, dropped after it."""
    made = Databases(postgres)
    yield made
    made.drop()


@pytest.fixture
def database(postgres: Postgres, databases: Databases) -> Dsn:
    """The address of a service's fresh database, for the runtime role."""
    return lambda service: postgres.runtime_dsn(service, databases.name(service))


@pytest.fixture
def owner_database(postgres: Postgres, databases: Databases) -> Dsn:
    """The address of the same database, for its owner."""
    return lambda service: postgres.owner_dsn(service, databases.name(service))


@pytest.fixture
async def bus_dsn(nats: Nats) -> Dsn:
    """The address of NATS for a service; the streams are new and empty."""
    client = Client()
    await client.connect(nats.dsn("admin"))
    streams = client.jetstream()
    for stream in await streams.streams_info():
        await streams.delete_stream(str(stream.config.name))
    await client.close()
    await bus.provision(nats.dsn("admin"))
    return nats.dsn


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark what needs a server, before `-m` chooses."""
    for item in items:
        if {"postgres", "nats"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.servers)
