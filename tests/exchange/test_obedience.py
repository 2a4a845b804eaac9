"""The file door obeys: who may not take any more is given nothing at an address it holds."""

import asyncio
import contextlib
import socket
from datetime import timedelta

import httpx
import pytest

from services.exchange import holders
from services.exchange.base import Inbox
from services.exchange.live import Live
from shared import clock
from shared.events.gateway import ClientRevoked, OperatorClosed, OperatorReopened
from shared.ids import new_id
from shared.principal import Principal
from tests.exchange.doors import Heart, eventually, file_of, opened, served
from tests.exchange.tables import HEADER, line
from tests.exchange.world import Json, World


async def becomes(client: httpx.AsyncClient, file: Json, status: int) -> None:
    """The address comes to answer so."""

    async def so() -> bool:
        return (await client.head(file["url"])).status_code == status

    await eventually(so)


@pytest.mark.duty("D27", "baoji-2017 §29")
async def test_a_suspended_departments_addresses_open_nothing_until_it_is_lifted(
    world: World, holder: Principal
) -> None:
    other = await world.grant("name", "uscc", "city")
    async with opened(world) as at, httpx.AsyncClient() as client:
        file, others = await file_of(world, holder, at), await file_of(world, other, at)
        assert (await served(client, file)).status_code == 200
        suspension = await world.suspend(holder.department)
        await becomes(client, file, 404)
        refused = await client.get(file["url"])
        unknown = await client.get(file["url"][:-8] + "AAAAAAAA")
        assert refused.json() == unknown.json()
        assert (await client.head(others["url"])).status_code == 200
        await world.lift(suspension, holder.department)
        await becomes(client, file, 200)


@pytest.mark.duty("D38", "baoji-2017 §15(4)")
async def test_whoever_leaves_the_circle_of_knowledge_takes_no_address_along(
    world: World, holder: Principal
) -> None:
    colleague = world.principal(department=holder.department, grant=holder.grant)
    async with opened(world) as at, httpx.AsyncClient() as client:
        mine, theirs = await file_of(world, holder, at), await file_of(world, colleague, at)
        assert (await served(client, mine)).status_code == 200
        await world.narrow(holder, holder.id)
        await becomes(client, theirs, 404)
        assert (await client.head(mine["url"])).status_code == 200
        await world.narrow(holder, version=3)
        await becomes(client, mine, 404)
        # An older state that comes late changes nothing.
        await world.narrow(holder, holder.id, version=2)
        await world.narrow(holder, colleague.id, version=4)
        await becomes(client, theirs, 200)
        assert (await client.head(mine["url"])).status_code == 404


@pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")
async def test_who_was_revoked_or_closed_holds_addresses_that_open_nothing(
    world: World, holder: Principal
) -> None:
    colleague = world.principal(department=holder.department, grant=holder.grant)
    facts = {"at": clock.now(), "actor": "operator:gateway", "department": holder.department}
    revoked = ClientRevoked(
        **facts, aggregate=holder.id, version=2, client=holder.id, owner=holder.department
    )
    person = {"aggregate": colleague.id, "operator": colleague.id, "owner": holder.department}
    async with opened(world) as at, httpx.AsyncClient() as client:
        mine, theirs = await file_of(world, holder, at), await file_of(world, colleague, at)
        assert (await served(client, mine)).status_code == 200
        async with world.sessions.begin() as session:
            await holders.on_client_revoked(session, revoked)
        await becomes(client, mine, 404)
        assert (await client.head(theirs["url"])).status_code == 200
        async with world.sessions.begin() as session:
            await holders.on_operator_closed(session, OperatorClosed(**facts, **person, version=3))
        await becomes(client, theirs, 404)
        async with world.sessions.begin() as session:
            await holders.on_operator_reopened(
                session, OperatorReopened(**facts, **person, version=4)
            )
            # What was said before it comes late and changes nothing.
            await holders.on_operator_closed(session, OperatorClosed(**facts, **person, version=3))
        await becomes(client, theirs, 200)
        assert (await client.head(mine["url"])).status_code == 404


class Download:
    """A caller that takes a file slowly: most of it waits at the door."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def begin(cls, file: Json) -> "Download":
        """Ask for it, and take no more than the head."""
        url = httpx.URL(file["url"])
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (url.host, url.port))
        reader, writer = await asyncio.open_connection(sock=sock, limit=16 * 1024)
        writer.write(f"GET {url.raw_path.decode()} HTTP/1.1\r\nhost: door\r\n\r\n".encode())
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        while await reader.readline() != b"\r\n":
            pass
        return cls(reader, writer)

    async def rest(self, size: int) -> int:
        """How many of `size` bytes come before the connection ends."""
        taken = 0
        with contextlib.suppress(ConnectionError):
            while taken < size and (piece := await self._reader.read(1 << 20)):
                taken += len(piece)
        self._writer.close()
        return taken


@pytest.mark.duty("D27", "baoji-2017 §29")
@pytest.mark.duty("D38", "baoji-2017 §15(4)")
async def test_bytes_on_their_way_are_cut_off(world: World, heart: Heart) -> None:
    await world.publish("\n".join([HEADER, *(line(n) for n in range(300_000))]).encode())
    three = [await world.grant("name", "uscc", "city", "capital") for _ in range(3)]
    suspended, narrowed, untouched = three
    async with opened(world) as at, httpx.AsyncClient() as client:
        files = [await file_of(world, holder, at) for holder in three]
        await served(client, files[0])
        size = int(files[0]["bytes"])
        # More than the sockets between the two can hold.
        assert size > 8 << 20
        downloads = [await Download.begin(file) for file in files]
        await world.suspend(suspended.department)
        await world.narrow(narrowed, new_id())
        await becomes(client, files[0], 404)
        await becomes(client, files[1], 404)
        # The door looks again each second, also where a caller keeps it waiting.
        await asyncio.sleep(1.1)
        taken = await asyncio.gather(*(download.rest(size) for download in downloads))
    assert taken[0] < size
    assert taken[1] < size
    assert taken[2] == size
    assert untouched.grant is not None


@pytest.mark.duty("D27", "baoji-2017 §29")
async def test_a_suspension_that_may_not_have_been_heard_stops_files_within_the_bound(
    world: World, heart: Heart
) -> None:
    await world.publish("\n".join([HEADER, line(1)]).encode())
    holder = await world.grant("name", "uscc", grade="sensitive")
    async with opened(world) as at, httpx.AsyncClient() as client:
        file = await file_of(world, holder, at)
        assert (await served(client, file)).status_code == 200
        heart.sequence = 9
        await asyncio.sleep(0.2)
        with clock.turn(clock.now() + timedelta(seconds=31)):
            stale = await client.get(file["url"])
            assert (stale.status_code, stale.json()["code"]) == (503, "grants-not-fresh")
            await world.suspend(holder.department)
            async with world.sessions.begin() as session:
                session.add(
                    Inbox(
                        event_id=new_id(),
                        source="/huitong/requests",
                        sequence=9,
                        received_at=clock.now(),
                    )
                )
            await becomes(client, file, 404)


async def test_what_did_not_ring_is_known_once_the_lease_says_that_it_was_heard(
    world: World,
) -> None:
    """A door that lost its ring trusts what it has no longer than the lease lets it."""
    holder = await world.grant("name", "uscc")
    assert holder.grant is not None
    live = Live(world.sessions, world.dsn)
    await live.settled()
    assert live.grants[holder.grant].knows(holder.id)
    await world.narrow(holder, new_id())
    await world.suspend(holder.department)
    await live.settled()
    assert not live.grants[holder.grant].knows(holder.id)
    assert live.suspended == {holder.department}
    await world.revoke(holder)
    await live.settled()
    assert live.grants[holder.grant].revoked
