"""The worker over a real NATS: what it hears, what it sends, and the lease."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import SecretStr

from services.requests import worker
from services.requests.settings import RequestsSettings
from shared import clock, events
from shared.background import beside
from shared.bus import LEASE_SUBJECT, Bus
from shared.events.catalog import ShareType
from tests.requests.world import Json, World, published, told
from tests.servers import Dsn

PATIENCE = 20


@asynccontextmanager
async def working(database: Dsn, bus_dsn: Dsn) -> AsyncIterator[None]:
    """The worker, running until the block ends."""
    settings = RequestsSettings(
        database=SecretStr(database("requests")),
        nats=SecretStr(bus_dsn("requests")),
        rulebook="baoji-2017",
    )
    async with beside(worker.run(settings)):
        yield


async def beats(bus_dsn: Dsn) -> tuple[Client, asyncio.Queue[Json]]:
    """What a listener to the lease hears, as the gateway would."""
    heard: asyncio.Queue[Json] = asyncio.Queue()

    async def put(message: Msg) -> None:
        await heard.put(orjson.loads(message.data))

    client = Client()
    await client.connect(bus_dsn("gateway"), inbox_prefix=b"_INBOX_gateway")
    await client.subscribe(LEASE_SUBJECT, cb=put)
    await client.flush()
    return client, heard


async def test_the_lease_says_how_far_the_relay_has_come(
    world: World, database: Dsn, bus_dsn: Dsn
) -> None:
    told(await world.ask(await world.resource(ShareType.UNCONDITIONAL)), 201)
    listener, heard = await beats(bus_dsn)
    try:
        async with working(database, bus_dsn), asyncio.timeout(PATIENCE):
            beat = await heard.get()
            while beat["sequence"] < 3:
                beat = await heard.get()
            assert set(beat) == {"at", "sequence", "oldest_unsent"}
            assert (beat["sequence"], beat["oldest_unsent"]) == (3, None)
            age = clock.now() - datetime.fromisoformat(beat["at"])
            assert timedelta(0) <= age < timedelta(seconds=10)
            following = await heard.get()
            assert datetime.fromisoformat(following["at"]) > datetime.fromisoformat(beat["at"])
    finally:
        await listener.close()


async def test_what_the_catalogue_says_can_be_asked_for_and_what_follows_is_sent(
    world: World, database: Dsn, bus_dsn: Dsn
) -> None:
    event = published(provider=world.market.department)
    document = {**events.document(event), "source": "/huitong/catalog", "sequence": "1"}
    catalog = await Bus.connect(bus_dsn("catalog"), "catalog")
    audit = await Bus.connect(bus_dsn("audit"), "audit")
    try:
        for _ in range(2):  # The same event twice, beyond the stream's own window for repeats.
            body = orjson.dumps(document)
            await catalog.publish(event.subject, body, f"{event.id}-{_}")
        async with working(database, bus_dsn), asyncio.timeout(PATIENCE):
            answer = await world.ask(event.resource)
            while answer.status_code == 404:
                await asyncio.sleep(0.1)
                answer = await world.ask(event.resource)
            request = told(answer, 201)["id"]
            told(await world.approve(request), 200)
            reader = await audit.reader("EVENTS", ["requests.>"])
            sent: list[events.Envelope] = []
            while len(sent) < 3:
                for message in await reader.fetch(10, wait=1):
                    sent.append(events.parse(message.data))
                    await message.ack()
    finally:
        await catalog.close()
        await audit.close()
    assert [(e.subject, e.sequence) for e in sent] == [
        ("requests.submitted.v1", 1),
        ("requests.approved.v1", 2),
        ("requests.grant-issued.v1", 3),
    ]
    assert {e.source for e in sent} == {"/huitong/requests"}


async def test_the_worker_reports_silence(world: World, database: Dsn, bus_dsn: Dsn) -> None:
    request = await world.open_request()
    audit = await Bus.connect(bus_dsn("audit"), "audit")
    try:
        reader = await audit.reader("EVENTS", ["requests.overdue.v1"])
        with clock.turn(clock.now() + timedelta(days=20)):
            async with working(database, bus_dsn), asyncio.timeout(PATIENCE):
                found: list[Msg] = []
                while not found:
                    found = await reader.fetch(10, wait=1)
    finally:
        await audit.close()
    assert [str(events.parse(m.data).document["subject"]) for m in found] == [request]
