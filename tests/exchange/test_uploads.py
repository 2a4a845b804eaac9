"""Resumable uploads as a tus client makes them: opened at the service, filled at the door."""

import asyncio
import base64
import contextlib
import hashlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from deploy.local.nats import free_port
from services.exchange.sweeping import Sweeper
from services.exchange.uploads import clearing
from shared import clock
from shared.background import end
from shared.events.gateway import ClientRevoked
from shared.principal import Permission, PrincipalKind
from tests.exchange.doors import eventually, opened
from tests.exchange.tables import HEADER, line
from tests.exchange.test_batches import digest_field
from tests.exchange.test_upload_words import said
from tests.exchange.world import Json, World
from tests.told import EnvironmentFor

CHECKOUT = Path(__file__).parents[2]
TUS = {"Tus-Resumable": "1.0.0"}
STREAM = TUS | {"Content-Type": "application/offset+octet-stream"}
DATA = "\n".join([HEADER, *(line(n) for n in range(3000))]).encode()


async def announce(
    world: World,
    data: bytes = DATA,
    *,
    key: str = "upload-0001",
    content: bytes = b"",
    digest: str | None = None,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    told = said(filename="entities.csv", digest=digest or digest_field(data))
    first = {"Content-Type": STREAM["Content-Type"]} if content else {}
    async with world.call(world.provider) as client:
        return await client.post(
            f"/v1/resources/{world.resource}/uploads",
            headers=TUS
            | {"Idempotency-Key": key, "Upload-Length": str(len(data)), "Upload-Metadata": told}
            | first
            | (headers or {}),
            content=content,
        )


def at_door(answer: httpx.Response, door: str) -> str:
    assert answer.status_code == 201, answer.text
    return door + "/uploads/" + answer.headers["Location"].rpartition("/")[2]


async def offset(client: httpx.AsyncClient, url: str) -> int:
    head = await client.head(url, headers=TUS)
    assert head.status_code == 200, head.status_code
    return int(head.headers["Upload-Offset"])


async def patch(
    client: httpx.AsyncClient, url: str, start: int, data: bytes, **headers: str
) -> httpx.Response:
    told = STREAM | {"Upload-Offset": str(start)} | headers
    return await client.patch(url, headers=told, content=data)


async def the_upload(world: World, identity: str) -> Json:
    async with world.call(world.provider) as client:
        answer = await client.get(f"/v1/uploads/{identity}")
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found


def lying(world: World) -> list[Path]:
    return list((world.settings.storage / "uploads").rglob("*.sealed"))


@pytest.mark.duty("D18", "baoji-2017 §17")
async def test_a_batch_comes_in_parts_and_is_published_like_any_other(world: World) -> None:
    made = await announce(world, content=DATA[:1000])
    assert made.headers["Upload-Offset"] == "1000"
    assert made.headers["Tus-Resumable"] == "1.0.0"
    assert "GMT" in made.headers["Upload-Expires"]
    async with opened(world) as door, httpx.AsyncClient() as client:
        url = at_door(made, door)
        head = await client.head(url, headers=TUS)
        assert head.headers["Upload-Offset"] == "1000"
        assert head.headers["Upload-Length"] == str(len(DATA))
        assert head.headers["Upload-Metadata"].startswith("filename ")
        assert head.headers["Cache-Control"] == "no-store"
        answer = await patch(client, url, 1000, DATA[1000:70_000])
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "70000")
        wrong = await patch(client, url, 1000, DATA[1000:2000])
        assert (wrong.status_code, wrong.json()["code"]) == (409, "upload-offset-differs")
        assert (await the_upload(world, made.json()["id"]))["state"] == "open"
        assert all("贸易".encode() not in path.read_bytes() for path in lying(world))
        last = await patch(client, url, 70_000, DATA[70_000:])
        assert last.headers["Upload-Offset"] == str(len(DATA))
        assert "Upload-Expires" not in last.headers
        assert await offset(client, url) == len(DATA)
    upload = await the_upload(world, made.json()["id"])
    assert upload["state"] == "handed-in"
    await world.work()
    batch = await world.batch(upload["batch"])
    assert (batch["state"], batch["rows_in"], batch["accepted"]) == ("published", 3000, 3000)
    assert batch["digest"] == digest_field(DATA)
    assert lying(world) == []
    again = await announce(world)
    assert (again.status_code, again.headers["Upload-Offset"]) == (201, str(len(DATA)))
    assert again.json()["batch"] == upload["batch"]


async def test_other_bytes_than_were_stated_are_refused_before_a_row_is_read(world: World) -> None:
    made = await announce(world, content=DATA, digest=digest_field(b"another file"))
    assert made.json()["state"] == "handed-in"
    await world.work()
    batch = await world.batch(made.json()["batch"])
    assert (batch["state"], batch["refusal"]["code"]) == ("refused", "digest-differs")
    assert batch["rows_in"] is None
    assert lying(world) == []


async def test_what_a_broken_line_brought_is_kept_and_a_garbled_part_counts_nothing(
    world: World,
) -> None:
    made = await announce(world)

    async def breaks() -> AsyncIterator[bytes]:
        yield DATA[:40_000]
        await asyncio.sleep(0.05)
        raise httpx.WriteError("the line broke")

    async with opened(world) as door, httpx.AsyncClient() as client:
        url = at_door(made, door)
        with pytest.raises(httpx.WriteError):
            await client.patch(url, headers=STREAM | {"Upload-Offset": "0"}, content=breaks())

        async def kept() -> bool:
            return await offset(client, url) == 40_000

        await eventually(kept)
        part = DATA[40_000:60_000]
        good = base64.b64encode(hashlib.sha256(part).digest()).decode()
        checked = {"Upload-Checksum": f"sha256 {good}"}
        garbled = await patch(client, url, 40_000, part[::-1], **checked)
        assert (garbled.status_code, garbled.json()["code"]) == (460, "checksum-differs")
        assert await offset(client, url) == 40_000
        assert len(lying(world)) == 1
        whole = await patch(client, url, 40_000, part, **checked)
        assert (whole.status_code, whole.headers["Upload-Offset"]) == (204, "60000")


async def test_a_killed_door_loses_nothing_that_it_answered_for(
    world: World, environment_for: EnvironmentFor
) -> None:
    """It dies in the middle of a request; the next one goes on from what is durable."""
    data = "\n".join([HEADER, *(line(n) for n in range(20_000))]).encode()
    made = await announce(world, data)
    address = f"127.0.0.1:{free_port()}"
    told = {**os.environ, **environment_for("exchange-files"), "HUITONG_LISTEN": address}
    command = (sys.executable, "-m", "shared.process", "work", "services.exchange.door:run")
    process = await asyncio.create_subprocess_exec(*command, cwd=CHECKOUT, env=told)
    url, arrived = at_door(made, f"http://{address}"), asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        for start in range(500_000, len(data) - 1000, 50_000):
            yield data[start : start + 50_000]
        arrived.set()
        await asyncio.sleep(60)

    async with httpx.AsyncClient() as client:

        async def ready() -> bool:
            with contextlib.suppress(httpx.TransportError):
                return (await client.get(f"http://{address}/readyz")).status_code == 200
            return False

        await eventually(ready)
        assert (await patch(client, url, 0, data[:500_000])).status_code == 204

        async def bring() -> None:
            told = STREAM | {"Upload-Offset": "500000"}
            with contextlib.suppress(httpx.TransportError):
                await client.patch(url, headers=told, content=endless())

        going = asyncio.create_task(bring())
        await arrived.wait()
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await end(going)
    async with opened(world) as door, httpx.AsyncClient() as client:
        url = at_door(made, door)
        durable = await offset(client, url)
        assert durable >= 500_000
        assert (await patch(client, url, durable, data[durable:])).status_code == 204
    await world.work()
    batch = await world.batch((await the_upload(world, made.json()["id"]))["batch"])
    assert (batch["state"], batch["accepted"]) == ("published", 20_000)


async def test_an_address_dies_with_its_time_its_end_and_its_openers_right(world: World) -> None:
    keys = ("expires-01", "ended-0001", "by-address", "revoked-01", "withdrawn1")
    made = {key: await announce(world, key=key) for key in keys}
    sweeper = Sweeper(world.sessions, world.vault)
    async with opened(world) as door, httpx.AsyncClient() as client:
        urls = {key: at_door(answer, door) for key, answer in made.items()}
        for url in urls.values():
            assert (await patch(client, url, 0, DATA[:10])).status_code == 204
        async with world.call(world.provider) as own:
            listed = (await own.get("/v1/uploads")).json()["items"]
            assert [u["key"] for u in listed] == list(reversed(keys))
            path = f"/v1/uploads/{made['ended-0001'].json()['id']}"
            ended = await own.delete(path)
            assert (ended.status_code, ended.json()["ended_because"]) == (200, "terminated")
            assert (await own.delete(path)).status_code == 200
        assert (await client.delete(urls["by-address"], headers=TUS)).status_code == 204
        client_id = world.principal().id
        by = world.principal(
            id=client_id, kind=PrincipalKind.CLIENT, department=world.provider.department
        )
        told = ClientRevoked(
            at=clock.now(),
            actor="operator:gateway",
            department=by.department,
            aggregate=client_id,
            client=client_id,
            owner=by.department,
        )
        operator, world.provider = world.provider, by
        machine = at_door(await announce(world, key="machine-01"), door)
        world.provider = operator
        async with world.sessions.begin() as session:
            await clearing.on_client_changed(session, told)
        for gone in (urls["ended-0001"], urls["by-address"], machine):
            assert (await client.head(gone, headers=TUS)).status_code == 404
            assert (await patch(client, gone, 10, DATA[10:20])).status_code == 404
        await sweeper.sweep(clock.now())
        assert await offset(client, urls["expires-01"]) == 10
        await sweeper.sweep(clock.now() + timedelta(days=2))
        assert (await client.head(urls["expires-01"], headers=TUS)).status_code == 404
    assert lying(world) == []
    ended_events = await world.events("exchange.upload-ended.v1")
    reasons = sorted(event["reason"] for event in ended_events)
    assert reasons == ["expired"] * 3 + ["opener-changed", "terminated", "terminated"]


async def test_strangers_and_what_is_not_the_protocol_are_refused(world: World) -> None:
    made = await announce(world)
    async with opened(world) as door, httpx.AsyncClient() as client:
        url = at_door(made, door)
        options = await client.request("OPTIONS", door + "/uploads/")
        assert options.status_code == 204
        assert options.headers["Tus-Version"] == "1.0.0"
        assert "creation-with-upload" in options.headers["Tus-Extension"]
        assert options.headers["Tus-Max-Size"] == str(world.settings.largest_batch)
        other = await client.head(url, headers={"Tus-Resumable": "0.2.2"})
        assert (other.status_code, other.headers["Tus-Version"]) == (412, "1.0.0")
        assert (await client.head(url[:-3] + "AAA", headers=TUS)).status_code == 404
        assert (await client.get(url, headers=TUS)).status_code == 405
        assert (await client.patch(url, headers=TUS, content=b"x")).status_code == 415
        beyond = await patch(client, url, 0, DATA + b"x")
        assert (beyond.status_code, beyond.json()["code"]) == (413, "upload-beyond-length")
        for wrong in ("", "-1", "x", "9" * 40):
            assert (
                await patch(client, url, 0, b"x", **{"Upload-Offset": wrong})
            ).status_code == 400
        unread = await client.post(door + "/files/x", content=b"x" * 100_000)
        assert unread.status_code in (405, 431)
        overridden = await client.post(
            url,
            headers=STREAM | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"},
            content=DATA[:7],
        )
        assert (overridden.status_code, overridden.headers["Upload-Offset"]) == (204, "7")
    stranger = world.principal()
    async with world.call(stranger) as other_client:
        path = f"/v1/uploads/{made.json()['id']}"
        assert (await other_client.get(path)).status_code == 404
        assert (await other_client.delete(path)).status_code == 404
        assert (await other_client.get("/v1/uploads")).json()["items"] == []
    nothing = world.principal(Permission.BATCH_READ, department=world.provider.department)
    operator, world.provider = world.provider, nothing
    assert (await announce(world, key="forbidden1")).status_code == 403
    world.provider = operator
    reused = await announce(world, DATA + b"\n")
    assert (reused.status_code, reused.json()["code"]) == (409, "batch-key-reused")
    told = {"Upload-Metadata": said(filename="a.csv")}
    undigested = await announce(world, key="no-digest1", headers=told)
    assert (undigested.status_code, undigested.json()["code"]) == (400, "digest-unreadable")
    strange = {"Upload-Metadata": said(filename="a.exe", digest=digest_field(DATA))}
    assert (await announce(world, key="an-exe-file", headers=strange)).status_code == 415
    assert (
        await announce(world, key="no-version", headers={"Tus-Resumable": ""})
    ).status_code == 412
