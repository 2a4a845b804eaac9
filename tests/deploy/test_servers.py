"""The embedded servers: as root and not, at any depth of folders, after any crash."""

import asyncio
import os
import signal
import stat
from pathlib import Path

import asyncpg
import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError

from deploy.local import launching
from deploy.local.nats import STOP as STOP_NATS
from deploy.local.nats import Nats, free_port, users
from deploy.local.postgres import FORGETFUL, STOP, Cluster
from deploy.local.state import SERVICES
from shared import bus, db
from tests.servers import Dsn, Postgres


def ask(cluster: Cluster, question: str) -> object:
    async def answer() -> object:
        connection = await cluster.connect()
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    return asyncio.run(answer())


def modes(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """Mode and owner of a folder and all above it."""
    return {
        path: (path.stat().st_mode, path.stat().st_uid, path.stat().st_gid)
        for path in (folder, *folder.parents)
    }


@pytest.fixture
def deep(state_folder: Path, request: pytest.FixtureRequest) -> Path:
    """A closed folder whose path alone is longer than a socket's address may be."""
    folder = state_folder / str(abs(hash(request.node.name)))
    folder.mkdir(mode=0o700)
    for _ in range(3):
        folder = folder / ("深" * 15)
        folder.mkdir(mode=0o700)
    assert len(os.fsencode(folder)) > 107
    return folder


@pytest.mark.servers
def test_postgresql_starts_for_whoever_calls_and_changes_no_folder_above_its_data(
    deep: Path,
) -> None:
    before = modes(deep)
    users = Path("/etc/passwd").read_bytes()
    cluster = Cluster.at(deep / "postgres", "pass'word", FORGETFUL)
    cluster.initialise()
    process = cluster.start(deep / "log")
    try:
        assert ask(cluster, "SELECT 1") == 1
        assert Path("/etc/passwd").read_bytes() == users
        assert modes(deep) == before
        assert stat.S_IMODE((deep / "postgres").stat().st_mode) == 0o700
    finally:
        launching.stop(process, STOP)


@pytest.mark.servers
def test_nats_keeps_its_streams_in_a_folder_of_any_name(deep: Path) -> None:
    folder = deep / 'with "quotes", spaces and 汉字'
    server = Nats.at(folder, free_port(), dict.fromkeys(users(), "password"))
    process = server.start(deep / "log")
    try:
        asyncio.run(bus.provision(server.dsn("admin")))
        assert (folder / "store" / "jetstream" / "$G" / "streams" / "EVENTS").is_dir()
        assert stat.S_IMODE((folder / "server.conf").stat().st_mode) == 0o600
    finally:
        launching.stop(process, STOP_NATS)


@pytest.mark.servers
def test_a_killed_postgresql_starts_again_with_what_was_committed(deep: Path) -> None:
    cluster = Cluster.at(deep / "postgres", "password")
    cluster.initialise()
    process = cluster.start(deep / "log")
    try:
        ask(cluster, "CREATE TABLE kept (); ")
        process.send_signal(signal.SIGKILL)
        process.wait()
        process = cluster.start(deep / "log")
        assert ask(cluster, "SELECT count(*) FROM kept") == 0
    finally:
        launching.stop(process, STOP)


@pytest.mark.servers
def test_a_lock_of_a_process_that_is_another_by_now_does_not_keep_postgresql_down(
    deep: Path,
) -> None:
    cluster = Cluster.at(deep / "postgres", "password", FORGETFUL)
    cluster.initialise()
    # The number of this very process: it lives, and it is no PostgreSQL.
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n0\n5432\n.\n\n\n")
    process = cluster.start(deep / "log")
    try:
        assert ask(cluster, "SELECT 1") == 1
    finally:
        launching.stop(process, STOP)


async def test_a_role_reaches_its_own_database_only(postgres: Postgres) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(
            **db.asyncpg_arguments(postgres.runtime_dsn("catalog", "huitong_audit"))
        )


async def test_a_role_without_its_password_is_refused(postgres: Postgres) -> None:
    dsn = postgres.cluster.dsn("huitong_catalog", "guess", "huitong_catalog")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(**db.asyncpg_arguments(dsn))


async def test_every_test_gets_a_database_of_its_own(database: Dsn, owner_database: Dsn) -> None:
    owner = await asyncpg.connect(**db.asyncpg_arguments(owner_database("audit")))
    runtime = await asyncpg.connect(**db.asyncpg_arguments(database("audit")))
    names = [await c.fetchval("SELECT current_database()") for c in (owner, runtime)]
    roles = [await c.fetchval("SELECT current_user") for c in (owner, runtime)]
    await owner.close()
    await runtime.close()
    assert names[0] == names[1]
    assert names[0] != "huitong_audit"
    assert roles == ["huitong_audit_owner", "huitong_audit"]


async def test_a_service_publishes_its_own_subjects_only(bus_dsn: Dsn) -> None:
    catalog = await bus.Bus.connect(bus_dsn("catalog"), "catalog")
    await catalog.publish("catalog.tried.v1", b"{}", "1")
    refused: list[str] = []
    client = Client()

    async def note(error: Exception) -> None:
        refused.append(str(error))

    await client.connect(bus_dsn("catalog"), error_cb=note)
    await client.publish("requests.approved.v1", b"{}")
    await client.subscribe("requests.>")
    await client.subscribe("_INBOX_audit.>")
    await client.flush()
    await asyncio.sleep(0.05)
    await client.close()
    await catalog.close()
    assert len(refused) == 3, refused
    assert all("permissions violation" in text.lower() for text in refused)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_reads_the_events_through_a_consumer_of_its_own(
    bus_dsn: Dsn, service: str
) -> None:
    catalog = await bus.Bus.connect(bus_dsn("catalog"), "catalog")
    await catalog.publish("catalog.tried.v1", b"{}", "1")
    await catalog.close()
    reading = await bus.Bus.connect(bus_dsn(service), service)
    reader = await reading.reader(bus.EVENTS, ["catalog.>"])
    heard = await reader.fetch(10, wait=5)
    for message in heard:
        await message.ack_sync()
    await reading.close()
    assert [message.subject for message in heard] == ["catalog.tried.v1"]


async def test_no_service_touches_the_consumer_of_another(bus_dsn: Dsn) -> None:
    audit = await bus.Bus.connect(bus_dsn("audit"), "audit")
    await audit.reader(bus.EVENTS, ["catalog.>"])
    await audit.close()
    refused: list[str] = []

    async def note(error: Exception) -> None:
        refused.append(str(error))

    client = Client()
    await client.connect(bus_dsn("catalog"), error_cb=note)
    for subject in (
        "$JS.API.CONSUMER.MSG.NEXT.EVENTS.audit",
        "$JS.API.CONSUMER.DELETE.EVENTS.audit",
        "$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.audit",
        "$JS.API.STREAM.PURGE.EVENTS",
        "$JS.API.STREAM.DELETE.ACCESS",
        "$JS.API.STREAM.MSG.DELETE.EVENTS",
        "$JS.API.DIRECT.GET.ACCESS",
        "access.gateway",
    ):
        await client.publish(subject, b"{}")
    await client.flush()
    await asyncio.sleep(0.05)
    await client.close()
    assert len(refused) == 8, refused


async def test_each_test_begins_with_empty_streams(bus_dsn: Dsn) -> None:
    client = Client()
    await client.connect(bus_dsn("admin"))
    held = await client.jetstream().streams_info()
    await client.close()
    assert sorted(str(stream.config.name) for stream in held) == ["ACCESS", "EVENTS"]
    assert [stream.state.messages for stream in held] == [0, 0]


async def test_a_stranger_is_refused_by_the_bus(nats: Nats) -> None:
    client = Client()
    with pytest.raises(NatsError):
        await client.connect(f"nats://127.0.0.1:{nats.port}", allow_reconnect=False)
    await client.close()
