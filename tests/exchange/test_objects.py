"""Files in an object store: read at any place, brought there before a commit, gone from the folder.

The store is obstore's own in memory; `make test-s3` does the same against servers that speak S3.
"""

import os
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from io import SEEK_CUR, SEEK_END
from pathlib import Path
from typing import cast
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from obstore.store import MemoryStore, ObjectStore
from pydantic import SecretStr

from deploy.local.nats import free_port
from services.exchange import leaving, production
from services.exchange.app import create_app
from services.exchange.manifests import Counter
from services.exchange.objects import Bucket, StoreAway
from services.exchange.settings import ExchangeSettings
from services.exchange.sweeping import Sweeper
from services.exchange.vault import Vault
from shared import clock
from shared.crypto import suite
from shared.principal import Principal
from tests.callers import CallAs, Principals
from tests.exchange.tables import HEADER, line
from tests.exchange.world import World
from tests.told import SettingsFor

WHERE = "S3_ENDPOINT"
THREE = ("name", "uscc", "city")


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    """The server that S3_ENDPOINT names, or moto's, started here."""
    if WHERE in os.environ:
        yield {name: os.environ[name] for name in (WHERE, "S3_BUCKET", "S3_KEY_ID", "S3_SECRET")}
        return
    moto = os.environ.get("MOTO")
    if moto is None:
        pytest.skip("make test-s3 installs a server that speaks S3")
    port = free_port()
    at = f"http://127.0.0.1:{port}"
    command = [moto, "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - as named
        try:
            transport = httpx.HTTPTransport(retries=8)
            with httpx.Client(transport=transport, timeout=30) as http:
                assert http.put(f"{at}/huitong").status_code == 200
            yield {WHERE: at, "S3_BUCKET": "huitong", "S3_KEY_ID": "key", "S3_SECRET": "secret"}
        finally:
            process.terminate()


@pytest.fixture(params=["memory", pytest.param("s3", marks=pytest.mark.external)])
def bucket(request: pytest.FixtureRequest) -> Iterator[Bucket]:
    """An empty bucket, in memory or on a server that speaks S3."""
    if request.param == "memory":
        yield Bucket(cast("ObjectStore", MemoryStore()))
        return
    server: dict[str, str] = request.getfixturevalue("server")
    told = ExchangeSettings.model_construct(
        objects=f"s3://{server['S3_BUCKET']}/{os.getpid()}/{request.node.name[:20]}",
        objects_endpoint=server[WHERE],
        objects_region="us-east-1",
        objects_key_id=SecretStr(server["S3_KEY_ID"]),
        objects_secret=SecretStr(server["S3_SECRET"]),
    )
    found = Bucket.told(told)
    assert found is not None
    yield found
    for piece in found.list(""):
        found.remove([one.name for one in piece])


def pattern(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def test_an_object_is_read_at_any_place_as_it_was_written(bucket: Bucket, tmp_path: Path) -> None:
    # Larger than a part of an upload, and than what is asked for at once.
    data = pattern((20 << 20) + 12_345)
    path = tmp_path / "file"
    path.write_bytes(data)
    bucket.put("a/b.sealed", path)
    assert bucket.has("a/b.sealed")
    with bucket.open("a/b.sealed") as file:
        assert file.seek(0, SEEK_END) == len(data)
        assert file.read(10) == b""
        file.seek(-7, SEEK_CUR)
        assert file.read(100) == data[-7:]
        for place in (0, 1, (1 << 20) - 1, 1 << 20, 15 << 20, 3):
            file.seek(place)
            assert file.read(131_088) == data[place : place + 131_088]
        file.seek(0)
        read = b"".join(iter(lambda: file.read(1 << 17), b""))
    assert read == data
    [[stored]] = list(bucket.list("a/"))
    assert stored.name == "a/b.sealed"
    bucket.put("a/b.sealed", path)
    bucket.remove(["a/b.sealed"])
    bucket.remove(["a/b.sealed"])
    assert not bucket.has("a/b.sealed")
    with pytest.raises(FileNotFoundError):
        bucket.open("a/b.sealed")


def test_a_store_that_is_away_is_a_fault_of_the_disks_kind() -> None:
    told = ExchangeSettings.model_construct(
        objects="s3://somewhere",
        objects_endpoint="http://127.0.0.1:9",
        objects_region="us-east-1",
        objects_key_id=SecretStr("key"),
        objects_secret=SecretStr("not to be told"),
    )
    away = Bucket.told(told)
    assert away is not None
    with pytest.raises(StoreAway) as raised:
        away.has("x")
    assert isinstance(raised.value, OSError)
    assert "not to be told" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.fixture
async def stored(
    settings_for: SettingsFor,
    principal: Principals,
    call: Callable[[FastAPI], CallAs],
    bucket: Bucket,
) -> AsyncIterator[World]:
    """The service over an object store."""
    settings = settings_for("exchange")
    assert isinstance(settings, ExchangeSettings)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        vault = Vault(settings.storage, settings.master, suite(settings.crypto_suite), bucket)
        app.state.vault = vault
        app.state.counter = Counter(app.state.sessions, settings, vault)
        made = World(app, settings, call(app), principal, principal())
        await made.catalogue()
        yield made


def local(world: World) -> list[Path]:
    return [
        path for name in ("batches", "views") for path in (world.vault.root / name).rglob("*.*")
    ]


async def test_batches_and_cuts_lie_in_the_store_and_leave_the_folder(
    stored: World, bucket: Bucket
) -> None:
    await stored.publish(table(range(300)))
    holder: Principal = await stored.grant(*THREE)
    [file] = (await stored.ask(holder, "snapshot")).json()["files"]
    before = local(stored)
    assert before
    names = {one.name for piece in bucket.list("") for one in piece}
    assert {stored.vault.name(path) for path in before} <= names
    for name in names:
        # Sealed: nothing of a value can be read in it.
        assert "苏州".encode() not in bucket.open(name).read()
    later = clock.now() + timedelta(minutes=6)
    assert await leaving.leave(stored.sessions, stored.vault, later) == len(before)
    assert local(stored) == []
    assert len(await stored.fetch(file)) == file["bytes"]
    # The next batch reads what stands from the store.
    second = await stored.publish(table(range(100, 301)), key="batch-0002")
    assert (second["state"], second["changed"]) == ("published", 101)
    changes = (await stored.ask(holder, "changes", after="1")).json()
    assert changes["batches"][0]["rows"] == 101


async def test_what_nothing_refers_to_leaves_the_store(
    stored: World, bucket: Bucket, tmp_path: Path
) -> None:
    batch = await stored.publish(table(range(3)))
    holder = await stored.grant(*THREE)
    await stored.ask(holder, "snapshot")
    kept = {one.name for piece in bucket.list("") for one in piece}
    dead = tmp_path / "dead"
    dead.write_bytes(b"x" * 100)
    view = next(name.split("/")[1] for name in kept if name.startswith("views/"))
    for name in (
        f"batches/{batch['id']}/7/{'0' * 64}.sealed",
        f"batches/{UUID(int=7)}/1/{'0' * 64}.sealed",
        f"views/{view}/{'0' * 64}.sealed",
    ):
        bucket.put(name, dead)
    at = clock.now()
    assert await leaving.remove_orphans(stored.sessions, stored.vault, at) == 0
    at += timedelta(days=3)
    assert await leaving.remove_orphans(stored.sessions, stored.vault, at) == 3
    assert {one.name for piece in bucket.list("") for one in piece} == kept


async def test_a_newer_snapshot_lets_the_older_ones_file_go_from_the_store_too(
    stored: World, bucket: Bucket
) -> None:
    await stored.publish(table(range(3)))
    holder = await stored.grant(*THREE)
    await stored.ask(holder, "snapshot")
    await stored.publish(table(range(5)), key="batch-0002")
    await Sweeper(stored.sessions, stored.vault).sweep(clock.now() + timedelta(hours=7))
    assert list(bucket.list("views/")) == []


def table(numbers: range) -> bytes:
    return "\n".join([HEADER, *(line(n) for n in numbers)]).encode()


async def test_production_wants_the_store_over_https_with_a_whole_account() -> None:
    well = {
        "HUITONG_SCANNER": "none",
        "HUITONG_OBJECTS_ENDPOINT": "https://objects.example.gov.cn",
        "HUITONG_OBJECTS_KEY_ID": "exchange",
        "HUITONG_OBJECTS_SECRET": "7fKq-2mZx9Lw4Rt_vB8n",
    }
    assert await production.reasons({"HUITONG_SCANNER": "none"}) == []
    assert await production.reasons(well) == []
    for change in (
        {"HUITONG_OBJECTS_ENDPOINT": "http://objects.example.gov.cn"},
        {"HUITONG_OBJECTS_KEY_ID": ""},
        {"HUITONG_OBJECTS_SECRET": "password"},
    ):
        [reason] = await production.reasons(well | change)
        assert next(iter(change)) in reason
        assert well["HUITONG_OBJECTS_SECRET"] not in reason
