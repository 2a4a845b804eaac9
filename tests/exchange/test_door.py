"""The file door over a real socket: ranges, digests, and addresses that die with their grant."""

import asyncio
import contextlib
import hashlib
import os
import sys
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from deploy.local.nats import free_port
from services.exchange.base import Inbox, Outbox
from services.exchange.models import Address
from shared import clock
from shared.ids import new_id
from shared.principal import Principal
from tests.exchange.conftest import ROWS
from tests.exchange.doors import Heart, eventually, file_of, opened, served
from tests.exchange.world import World
from tests.told import EnvironmentFor

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.duty("D17", "baoji-2017 §16")
async def test_a_file_comes_whole_with_length_digest_and_name(
    world: World, holder: Principal
) -> None:
    async with opened(world) as at, httpx.AsyncClient() as client:
        file = await file_of(world, holder, at)
        head = await served(client, file)
        answer = await client.get(file["url"])
        data = answer.content
        assert answer.status_code == 200
        assert answer.headers["content-length"] == str(file["bytes"]) == str(len(data))
        assert answer.headers["repr-digest"] == file["digest"]
        assert answer.headers["etag"].strip('"') == hashlib.sha256(data).hexdigest()[:32]
        assert answer.headers["accept-ranges"] == "bytes"
        assert ".csv" in answer.headers["content-disposition"]
        assert answer.headers["content-type"].startswith("text/csv")
        assert data.count(b"\n") == ROWS + 1
        assert (head.status_code, head.content) == (200, b"")
        same = ("content-length", "etag", "repr-digest", "content-type")
        assert [head.headers[h] for h in same] == [answer.headers[h] for h in same]


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (131_071, 131_073), (5, 400_000), (-7, None)])
async def test_any_part_is_what_the_whole_has_there(
    world: World, holder: Principal, start: int, stop: int | None
) -> None:
    async with opened(world) as at, httpx.AsyncClient() as client:
        file = await file_of(world, holder, at)
        await served(client, file)
        whole = (await client.get(file["url"])).content
        asked = f"bytes={start}" if stop is None else f"bytes={start}-{stop - 1}"
        part = await client.get(file["url"], headers={"Range": asked})
        assert part.status_code == 206
        assert part.content == whole[start:stop]
        first = start % len(whole)
        last = first + len(part.content) - 1
        assert part.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"
        beyond = await client.get(file["url"], headers={"Range": f"bytes={len(whole)}-"})
        assert (beyond.status_code, beyond.headers["content-range"]) == (
            416,
            f"bytes */{len(whole)}",
        )
        resumed = await client.get(
            file["url"], headers={"Range": asked, "If-Range": part.headers["etag"]}
        )
        changed = await client.get(file["url"], headers={"Range": asked, "If-Range": '"other"'})
        assert (resumed.status_code, changed.status_code) == (206, 200)
        unchanged = await client.get(file["url"], headers={"If-None-Match": part.headers["etag"]})
        assert (unchanged.status_code, unchanged.content) == (304, b"")


async def test_the_door_serves_as_the_process_that_an_installation_starts(
    world: World, holder: Principal, environment_for: EnvironmentFor
) -> None:
    """In a process of its own, on the loop that such processes run on."""
    address = f"127.0.0.1:{free_port()}"
    told = {**os.environ, **environment_for("exchange-files"), "HUITONG_LISTEN": address}
    command = (sys.executable, "-m", "shared.process", "work", "services.exchange.door:run")
    process = await asyncio.create_subprocess_exec(*command, cwd=CHECKOUT, env=told)
    try:
        async with httpx.AsyncClient(base_url=f"http://{address}") as client:

            async def ready() -> bool:
                with contextlib.suppress(httpx.TransportError):
                    return (await client.get("/readyz")).status_code == 200
                return False

            await eventually(ready)
            file = await file_of(world, holder, f"http://{address}")
            await served(client, file)
            whole = await client.get(file["url"])
            part = await client.get(file["url"], headers={"Range": "bytes=100-299"})
            assert len(whole.content) == file["bytes"]
            assert part.content == whole.content[100:300]
    finally:
        process.terminate()
        assert await process.wait() == 0


@pytest.mark.duty("D16", "baoji-2017 §18")
async def test_an_address_dies_with_its_grant(world: World, holder: Principal) -> None:
    async with opened(world) as at, httpx.AsyncClient() as client:
        file = await file_of(world, holder, at)
        assert (await served(client, file)).status_code == 200
        await world.revoke(holder)

        async def dead() -> bool:
            return (await client.head(file["url"])).status_code == 404

        await eventually(dead)
        answer = await client.get(file["url"])
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "not-found"


async def test_nothing_but_a_genuine_address_opens_anything(
    world: World, holder: Principal
) -> None:
    async with opened(world) as at, httpx.AsyncClient(base_url=at) as client:
        file = await file_of(world, holder, at)
        await served(client, file)
        token = file["url"].rpartition("/")[2]
        altered = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]
        for path in ("/", "/files", "/files/", f"/files/{altered}", "/files/../../etc/passwd"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
        refused = await client.post(file["url"], content=b"x")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


async def test_an_expired_address_opens_nothing(world: World, holder: Principal) -> None:
    async with opened(world) as at, httpx.AsyncClient() as client:
        file = await file_of(world, holder, at)
        await served(client, file)
        later = clock.now() + world.settings.address_life + timedelta(seconds=1)
        with clock.turn(later):
            assert (await client.head(file["url"])).status_code == 404


async def test_without_a_fresh_heartbeat_files_do_not_leave(
    world: World, holder: Principal, heart: Heart
) -> None:
    async with opened(world) as at, httpx.AsyncClient() as client:
        file = await file_of(world, holder, at)
        await served(client, file)
        # From here on requests has said something that was not heard here yet.
        heart.sequence = 7
        await asyncio.sleep(0.2)
        with clock.turn(clock.now() + timedelta(seconds=310)):
            stale = await client.get(file["url"])
            assert (stale.status_code, stale.json()["code"]) == (503, "grants-not-fresh")
            assert stale.headers["retry-after"] == "5"
            async with world.sessions.begin() as session:
                session.add(
                    Inbox(
                        event_id=new_id(),
                        source="/huitong/requests",
                        sequence=7,
                        received_at=clock.now(),
                    )
                )

            async def fresh() -> bool:
                return (await client.head(file["url"])).status_code == 200

            await eventually(fresh)


async def test_one_download_in_many_ranges_is_told_once(world: World, holder: Principal) -> None:
    async with opened(world) as at, httpx.AsyncClient() as client:
        file = await file_of(world, holder, at)
        await served(client, file)
        for start in range(0, 1000, 100):
            asked = {"Range": f"bytes={start}-{start + 99}"}
            assert (await client.get(file["url"], headers=asked)).status_code == 206
        async with world.sessions() as session:
            [address] = (await session.scalars(select(Address))).all()
            assert address.opened_at is not None
    async with world.sessions() as session:
        said = select(Outbox).where(Outbox.subject == "exchange.file-served.v1")
        [event] = (await session.scalars(said)).all()
    assert event.body["data"]["bytes"] == 1000
    assert event.body["data"]["grant"] == str(holder.grant)
    assert event.body["data"]["address"] == str(address.id)
    assert event.body["department"] == str(holder.department)


async def test_a_download_that_a_killed_door_began_is_told_by_the_next(
    world: World, holder: Principal
) -> None:
    manifest = (await world.ask(holder, "snapshot", format="csv")).json()
    assert manifest["files"]
    async with world.sessions.begin() as session:
        [address] = (await session.scalars(select(Address))).all()
        address.opened(clock.now() - timedelta(minutes=1))
        address.count(500, clock.now() - timedelta(minutes=1))
    async with opened(world):

        async def told() -> bool:
            async with world.sessions() as session:
                said = select(Outbox).where(Outbox.subject == "exchange.file-served.v1")
                found = (await session.scalars(said)).all()
                return [event.body["data"]["bytes"] for event in found] == [500]

        await eventually(told)


async def test_a_caller_that_takes_nothing_holds_little_memory(
    world: World, holder: Principal
) -> None:
    async with opened(world) as at, httpx.AsyncClient() as client:
        file = await file_of(world, holder, at)
        await served(client, file)
        host, port = at.removeprefix("http://").split(":")
        path = file["url"].removeprefix(at)
        slow = []
        for _ in range(20):
            reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
            writer.write(f"GET {path} HTTP/1.1\r\nhost: door\r\n\r\n".encode())
            slow.append((reader, writer))
        await asyncio.sleep(0.2)
        # Others are served meanwhile.
        assert (await client.get(file["url"])).status_code == 200
        for _, writer in slow:
            writer.close()


@pytest.mark.parametrize(
    "request_bytes",
    [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nx: " + b"a" * 20_000 + b"\r\n\r\n", b"\x16\x03\x01"],
)
async def test_what_is_no_request_is_refused_and_the_door_stays_open(
    world: World, heart: Heart, request_bytes: bytes
) -> None:
    async with opened(world) as at:
        host, port = at.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request_bytes)
        assert (await reader.readline())[:10] == b"HTTP/1.1 4"
        writer.close()
        async with httpx.AsyncClient(base_url=at) as client:
            assert (await client.get("/livez")).status_code == 200
