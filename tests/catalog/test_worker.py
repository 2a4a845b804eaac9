"""The catalogue's worker on a real bus: departments come in, resources go out."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import orjson
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from services.catalog import worker
from services.catalog.models import Department
from services.catalog.settings import CatalogSettings
from shared.background import beside
from shared.bus import EVENTS, Bus
from shared.events import Envelope, Event, document, parse
from shared.events.catalog import ItemType, ResourcePublished, ShareType, Standard
from shared.ids import new_id
from tests.catalog.world import CITY, World, registered, told
from tests.servers import Dsn


@contextlib.asynccontextmanager
async def working(database: str, nats: str) -> AsyncIterator[None]:
    """The worker, at work meanwhile."""
    told_ = CatalogSettings(
        database=SecretStr(database), nats=SecretStr(nats), rulebook="baoji-2017"
    )
    async with beside(worker.run(told_)):
        yield


async def say(bus: Bus, event: Event, sequence: int) -> None:
    """Publish an event as the gateway's relay would."""
    body = {**document(event), "source": "/huitong/gateway", "sequence": str(sequence)}
    await bus.publish(event.subject, orjson.dumps(body), str(event.id))


async def test_departments_come_in_once_and_published_resources_go_out(
    world: World, database: Dsn, bus_dsn: Dsn
) -> None:
    resource = await world.published()
    department = new_id()
    gateway = await Bus.connect(bus_dsn("gateway"), "gateway")
    requests = await Bus.connect(bus_dsn("requests"), "requests")
    first = registered(department, "示例市民政局", short_name="民政局")
    async with working(database("catalog"), bus_dsn("catalog")):
        await say(gateway, first, 1)
        await say(gateway, first, 1)
        await say(gateway, registered(department, "示例市民政局（新）", version=2), 2)
        reader = await requests.reader(EVENTS, ["catalog.>"])
        heard: list[Envelope] = []
        async with asyncio.timeout(20):
            while len(heard) < 5:
                for message in await reader.fetch(10, wait=1):
                    heard.append(parse(message.data))
                    await message.ack()
            while True:
                async with world.sessions() as session:
                    known = await session.scalar(
                        select(Department).where(Department.id == department)
                    )
                if known is not None and known.version == 2:
                    break
                await asyncio.sleep(0.05)
    assert known.name == "示例市民政局（新）"
    assert [envelope.sequence for envelope in heard] == [1, 2, 3, 4, 5]
    published = heard[-1].event(ResourcePublished)
    assert heard[-1].source == "/huitong/catalog"
    assert (str(published.resource), published.region) == (resource, CITY)
    assert published.share_type is ShareType.UNCONDITIONAL
    uscc = published.items[0]
    assert (uscc.type, uscc.length, uscc.key) == (ItemType.CHARACTER, 18, True)
    assert uscc.standard is Standard.CREDIT_CODE
    await gateway.close()
    await requests.close()


@pytest.mark.duty("D02", "baoji-2017 §6")
async def test_a_department_that_moves_takes_its_resources_to_another_authority(
    world: World,
) -> None:
    resource = await world.submitted()
    told(await world.read(resource, world.publisher), 200)
    moved = registered(world.compiler.department, region="610000/610400", version=2)
    await world.hear(moved)
    assert (await world.read(resource, world.publisher)).status_code == 404
