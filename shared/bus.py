"""NATS JetStream: publish with an acknowledgement, read with a durable.

The trap that this module closes: a client that publishes while disconnected raises, and yet
delivers after the reconnect. So nothing is published unless the connection stands.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import nats
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import NotFoundError

from shared.background import beside

EVENTS = "EVENTS"
ACCESS = "ACCESS"
EVENT_SOURCES = ("gateway", "catalog", "requests", "exchange")
ACCESS_SUBJECT = "access.gateway"
LEASE_SUBJECT = "lease.requests"
# How long messages wait that a killed process held; each is handled in far less.
ACK_WAIT_SECONDS = 15
_ACK_TIMEOUT = 5.0
Listener = Callable[[Msg], Awaitable[None]]
_log = logging.getLogger(__name__)


class BusAway(Exception):
    """NATS cannot be reached, or did not acknowledge in time.

    `sent` says that the message left and may have been stored all the same.
    """

    def __init__(self, reason: str, *, sent: bool = False) -> None:
        super().__init__(reason)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Rights:
    """The NATS subjects that one part may publish and subscribe to."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def rights(part: str) -> Rights:
    """The least that `part` (gateway, catalog, exchange, requests, audit) needs.

    Replies come to an inbox of its own (`_INBOX_<part>.>`): no part can read another's.
    """
    streams = [EVENTS, ACCESS] if part == "audit" else [EVENTS]
    publish: list[str] = []
    for stream in streams:
        publish += [
            f"$JS.API.STREAM.INFO.{stream}",
            f"$JS.API.CONSUMER.INFO.{stream}.{part}",
            f"$JS.API.CONSUMER.CREATE.{stream}.{part}",
            f"$JS.API.CONSUMER.CREATE.{stream}.{part}.>",
            f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{part}",
            f"$JS.ACK.{stream}.{part}.>",
        ]
    subscribe = [f"_INBOX_{part}.>"]
    if part in EVENT_SOURCES:
        publish.append(f"{part}.>")
    if part == "gateway":
        publish.append(ACCESS_SUBJECT)
    if part == "requests":
        publish.append(LEASE_SUBJECT)
    if part in ("gateway", "exchange"):
        subscribe.append(LEASE_SUBJECT)
    return Rights(tuple(publish), tuple(subscribe))


class Bus:
    """A connection to NATS that never publishes into the dark."""

    def __init__(self, client: Client, part: str) -> None:
        self.client = client
        self.part = part
        self._stream: JetStreamContext = client.jetstream(timeout=_ACK_TIMEOUT)

    @classmethod
    async def connect(cls, dsn: str, part: str) -> "Bus":
        """Connect as `part`; keeps trying to come back for ever once it stood."""
        client = await nats.connect(
            dsn,
            name=part,
            inbox_prefix=f"_INBOX_{part}".encode(),
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.5,
            connect_timeout=5,
            allow_reconnect=True,
            error_cb=_quiet,
        )
        return cls(client, part)

    @property
    def stands(self) -> bool:
        """Whether a message sent now would leave now."""
        return self.client.is_connected and self.client.pending_data_size == 0

    async def publish(self, subject: str, body: bytes, message_id: str) -> None:
        """Store one message in its stream; returns when acknowledged. Raises BusAway."""
        if not self.client.is_connected:
            raise BusAway("NATS is away")
        try:
            # As the client's own JetStream publish, which reads much that nobody asks for here.
            told = await self.client.request(
                subject, body, timeout=_ACK_TIMEOUT, headers={"Nats-Msg-Id": message_id}
            )
            ack = orjson.loads(told.data)
        except (NatsError, TimeoutError, OSError, ValueError) as error:
            reason = f"NATS did not acknowledge: {type(error).__name__}"
            raise BusAway(reason, sent=True) from error
        # Stored only where the stream says under which number: an error is said in its place.
        if not isinstance(ack, dict) or "error" in ack or "seq" not in ack:
            raise BusAway("NATS did not store it", sent=True)

    async def shout(self, subject: str, body: bytes) -> None:
        """Send to whoever listens now; nothing is kept. Raises BusAway."""
        if not self.client.is_connected:
            raise BusAway("NATS is away")
        await self.client.publish(subject, body)

    async def reader(
        self, stream: str, subjects: Sequence[str], *, pending: int = 1000
    ) -> "Reader":
        """This part's durable on `stream`, made or brought up to date. Raises BusAway.

        `pending` messages at most are out at once. With 1 they take effect strictly in order,
        also where one comes again or a reader was killed: nothing later is delivered before.
        """
        config = ConsumerConfig(
            # The name as well: without it the client asks an older, wider subject.
            name=self.part,
            durable_name=self.part,
            filter_subjects=list(subjects),
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.ALL,
            ack_wait=ACK_WAIT_SECONDS,
            max_ack_pending=pending,
        )
        try:
            await self._stream.add_consumer(stream, config)
            held = await self._stream.pull_subscribe_bind(durable=self.part, stream=stream)
        except (NatsError, TimeoutError, OSError) as error:
            raise BusAway(f"no durable on {stream}: {type(error).__name__}") from error
        return Reader(held)

    async def close(self) -> None:
        """Leave NATS."""
        await self.client.close()


class LateBus:
    """A bus for a process that must start and answer also while NATS is away."""

    def __init__(self, dsn: str, part: str) -> None:
        self._dsn = dsn
        self._part = part
        self._bus: Bus | None = None

    @asynccontextmanager
    async def connecting(self, listen: Mapping[str, Listener]) -> AsyncIterator[None]:
        """Connect, and listen to these subjects, for as long as the block runs."""
        try:
            async with beside(self._connect_for_ever(listen)):
                yield
        finally:
            if self._bus is not None:
                await self._bus.close()

    async def _connect_for_ever(self, listen: Mapping[str, Listener]) -> None:
        while True:
            try:
                bus = await Bus.connect(self._dsn, self._part)
            except (NatsError, OSError, TimeoutError) as error:
                _log.warning("NATS cannot be reached: %s", type(error).__name__)
                await asyncio.sleep(0.5)
                continue
            for subject, listener in listen.items():
                await bus.client.subscribe(subject, cb=listener)
            # From here on the client reconnects by itself, and its subscriptions with it.
            self._bus = bus
            return


class Reader:
    """A durable that is read in batches."""

    def __init__(self, held: JetStreamContext.PullSubscription) -> None:
        self._held = held

    async def fetch(self, batch: int, wait: float) -> list[Msg]:
        """Up to `batch` messages, in order; an empty list after `wait` seconds without one."""
        try:
            return await self._held.fetch(batch, timeout=wait)
        except TimeoutError:
            return []
        except (NatsError, OSError) as error:
            raise BusAway(f"cannot read: {type(error).__name__}") from error


async def provision(admin_dsn: str) -> None:
    """Make the two streams, or bring them up to date. Run at deployment, by an administrator.

    EVENTS keeps what was said for a year (outboxes are kept longer); ACCESS is a work queue
    for audit and refuses new records rather than lose old ones.
    """
    client = await nats.connect(admin_dsn, connect_timeout=5)
    try:
        stream = client.jetstream(timeout=10)
        wanted = [
            StreamConfig(
                name=EVENTS,
                subjects=[f"{source}.>" for source in EVENT_SOURCES],
                retention=RetentionPolicy.LIMITS,
                storage=StorageType.FILE,
                discard=DiscardPolicy.OLD,
                max_age=timedelta(days=366).total_seconds(),
                duplicate_window=120,
            ),
            StreamConfig(
                name=ACCESS,
                subjects=["access.>"],
                retention=RetentionPolicy.WORK_QUEUE,
                storage=StorageType.FILE,
                discard=DiscardPolicy.NEW,
                max_bytes=8 * 1024**3,
                duplicate_window=120,
            ),
        ]
        for config in wanted:
            try:
                await stream.stream_info(str(config.name))
            except NotFoundError:
                await stream.add_stream(config)
            else:
                await stream.update_stream(config)
    finally:
        await client.close()


async def _quiet(error: Exception) -> None:
    """Connection trouble shows where something is sent or read, and in readiness."""
