"""The bus over a real NATS: what it says was stored is stored, and nothing else counts."""

import pytest
from nats.aio.client import Client
from nats.js.api import DiscardPolicy, StorageType, StreamConfig

from shared.bus import ACCESS, ACCESS_SUBJECT, Bus, BusAway
from tests.servers import Dsn


async def _stored(client: Client) -> int:
    return int((await client.jetstream().stream_info(ACCESS)).state.messages)


async def test_what_was_acknowledged_is_stored_once_also_when_it_is_sent_again(
    bus_dsn: Dsn,
) -> None:
    bus, admin = await Bus.connect(bus_dsn("gateway"), "gateway"), Client()
    await admin.connect(bus_dsn("admin"))
    for name in ("one", "two", "one"):
        await bus.publish(ACCESS_SUBJECT, b"{}", name)
    assert await _stored(admin) == 2
    await bus.close()
    await admin.close()


async def test_a_stream_that_takes_no_more_is_no_acknowledgement(bus_dsn: Dsn) -> None:
    bus, admin = await Bus.connect(bus_dsn("gateway"), "gateway"), Client()
    await admin.connect(bus_dsn("admin"))
    streams = admin.jetstream()
    await streams.delete_stream(ACCESS)
    full = StreamConfig(name=ACCESS, subjects=["access.>"], storage=StorageType.FILE)
    full.max_msgs, full.discard = 1, DiscardPolicy.NEW
    await streams.add_stream(full)
    await bus.publish(ACCESS_SUBJECT, b"{}", "one")
    with pytest.raises(BusAway):
        await bus.publish(ACCESS_SUBJECT, b"{}", "two")
    assert await _stored(admin) == 1
    await streams.delete_stream(ACCESS)
    with pytest.raises(BusAway):
        await bus.publish(ACCESS_SUBJECT, b"{}", "three")
    await bus.close()
    await admin.close()
