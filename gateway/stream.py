"""The way of access records into their stream: one connection to NATS that stores and believes
acknowledgements, and does nothing else.

A general client spends more on one message than the gateway on its calls. This one speaks the part
of the protocol (docs.nats.io/reference/nats-protocols) that storing needs. It never publishes
into the dark: what finds no connection is refused at once and never sent later; what was sent
and not acknowledged may have been stored, and says so.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator
from typing import Final, cast
from urllib.parse import unquote, urlsplit

import orjson

from shared import crypto
from shared.background import beside
from shared.bus import BusAway

_CONNECT_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.5
_LONGEST_LINE: Final = 64 * 1024
_LONGEST_MESSAGE: Final = 1024 * 1024
_BREAK: Final = b"\r\n"
_log = logging.getLogger(__name__)
Told = asyncio.Future[bytes]


class Line(asyncio.Protocol):
    """One connection, and the messages on it whose acknowledgement is awaited."""

    def __init__(self, inbox: bytes, patience: float) -> None:
        self._inbox = inbox
        self._patience = patience
        self._transport: asyncio.Transport | None = None
        self._arrived = b""
        self._number = 0
        # By their number; when each is late, in the loop's time. The oldest stands first.
        self._awaited: dict[bytes, tuple[Told, float]] = {}
        self._loop = asyncio.get_running_loop()
        # What the server says of itself; that it has taken us; that it is gone.
        self.greeted: Told = self._loop.create_future()
        self.taken: asyncio.Future[None] = self._loop.create_future()
        self.gone = asyncio.Event()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._arrived += data
        try:
            while self._take():
                pass
        except (ValueError, IndexError):
            _log.warning("NATS said something that is not its protocol")
            self.end()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set()
        away = BusAway("the connection to NATS was lost", sent=True)
        futures: list[Told | asyncio.Future[None]] = [self.greeted, self.taken]
        futures += [told for told, _ in self._awaited.values()]
        self._awaited.clear()
        for future in futures:
            if not future.done():
                future.set_exception(away)
                future.exception()  # Looked at: nobody may be waiting any more.

    # towards the server

    def introduce(self, user: str, password: str) -> None:
        """Say who we are; `taken` is done when the server agrees."""
        who = {
            "user": user,
            "pass": password,
            "name": "gateway records",
            "lang": "python",
            "version": "1",
            "verbose": False,
            "pedantic": False,
            "headers": True,
            # Where no stream listens, the server says so at once.
            "no_responders": True,
        }
        self._write(b"CONNECT %b\r\nSUB %b.* 1\r\nPING\r\n" % (orjson.dumps(who), self._inbox))

    def store(self, subject: bytes, body: bytes, message_id: bytes) -> Told:
        """Send one message to its stream; the result is what the stream answers.

        Raises BusAway, also as the result.
        """
        if self.gone.is_set():
            raise BusAway("NATS is away")
        self._number += 1
        number = b"%d" % self._number
        told = self._loop.create_future()
        self._awaited[number] = (told, self._loop.time() + self._patience)
        head = b"NATS/1.0\r\nNats-Msg-Id: %b\r\n\r\n" % message_id
        sizes = (len(head), len(head) + len(body))
        where = (subject, self._inbox, number, *sizes)
        self._write(b"HPUB %b %b.%b %d %d\r\n%b%b\r\n" % (*where, head, body))
        return told

    def look(self) -> None:
        """End a connection that is silent: what it was sent is not waited for any longer."""
        oldest = next(iter(self._awaited.values()), None)
        if oldest is not None and oldest[1] < self._loop.time():
            _log.warning("NATS did not acknowledge in time")
            self.end()

    def end(self) -> None:
        """Break the connection."""
        if self._transport is not None:
            self._transport.abort()

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    # from the server

    def _take(self) -> bool:
        """Take one protocol line and what belongs to it; False where more has to come.

        Raises ValueError, IndexError.
        """
        line, found, rest = self._arrived.partition(_BREAK)
        if not found:
            if len(line) > _LONGEST_LINE:
                raise ValueError("a line without an end")
            return False
        verb, _, arguments = line.partition(b" ")
        verb = verb.upper()
        if verb in (b"MSG", b"HMSG"):
            return self._take_message(arguments.split(), rest, headed=verb == b"HMSG")
        self._arrived = rest
        match verb:
            case b"INFO":
                if not self.greeted.done():
                    self.greeted.set_result(arguments)
            case b"PING":
                self._write(b"PONG\r\n")
            case b"PONG":
                if not self.taken.done():
                    self.taken.set_result(None)
            case b"-ERR":
                # Of a right that is missing it goes on; the message is then acknowledged by none.
                _log.error("NATS refuses: %s", arguments[:200].decode("latin-1"))
            case b"+OK":
                pass
            case _:
                raise ValueError("an unknown verb")
        return True

    def _take_message(self, words: list[bytes], rest: bytes, *, headed: bool) -> bool:
        head, size = int(words[-2]) if headed else 0, int(words[-1])
        if not 0 <= head <= size <= _LONGEST_MESSAGE:
            raise ValueError("a message of no size that is sent here")
        if len(rest) < size + len(_BREAK):
            return False
        body = rest[head:size]
        self._arrived = rest[size + len(_BREAK) :]
        told, _ = self._awaited.pop(words[0].rpartition(b".")[2], (None, 0.0))
        if told is not None and not told.done():
            told.set_result(body)
        return True


class AccessStream:
    """The stream, through a connection that comes back by itself.

    `dsn` is `nats://user:password@host:port`; with `tls://`, or where the server wants it, the
    connection is encrypted under `trusted`. An acknowledgement is waited for `patience` seconds.
    """

    def __init__(
        self,
        dsn: str,
        part: str,
        *,
        trusted: ssl.SSLContext | None = None,
        patience: float = 5.0,
    ) -> None:
        self._told = urlsplit(dsn)
        self._part = part
        self._trusted = trusted
        self._patience = patience
        self._line: Line | None = None
        # Set while a message would leave at once.
        self.stands = asyncio.Event()

    async def publish(self, subject: str, body: bytes, message_id: str) -> None:
        """Store one message; returns when the stream has acknowledged it. Raises BusAway."""
        line = self._line
        if line is None:
            raise BusAway("NATS is away")
        answer = await line.store(subject.encode(), body, message_id.encode())
        try:
            ack = orjson.loads(answer)
        except ValueError:
            ack = None
        # Stored only where the stream says under which number: an error is said in its place.
        if not isinstance(ack, dict) or "error" in ack or "seq" not in ack:
            raise BusAway("NATS did not store it", sent=True)

    @contextlib.asynccontextmanager
    async def connecting(self) -> AsyncIterator[None]:
        """Connect, and come back when the connection is lost, for as long as the block runs."""
        async with beside(self._connect_for_ever()):
            yield

    async def _connect_for_ever(self) -> None:
        while True:
            try:
                await self._stand()
            except (OSError, TimeoutError, ValueError, BusAway) as error:
                _log.warning("NATS cannot be reached: %s", type(error).__name__)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _stand(self) -> None:
        """Connect, and keep the connection until it is lost."""
        line = Line(f"_INBOX_{self._part}.{crypto.token(16)}".encode(), self._patience)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await self._begin(line)
            self._line = line
            self.stands.set()
            while not line.gone.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await line.gone.wait()
                line.look()
        finally:
            self._line = None
            self.stands.clear()
            line.end()

    async def _begin(self, line: Line) -> None:
        told, loop = self._told, asyncio.get_running_loop()
        host = told.hostname or "localhost"
        transport, _ = await loop.create_connection(lambda: line, host, told.port or 4222)
        server = orjson.loads(await line.greeted)
        if told.scheme == "tls" or server.get("tls_required"):
            trusted = self._trusted or ssl.create_default_context()
            encrypted = await loop.start_tls(transport, line, trusted, server_hostname=host)
            if encrypted is None:
                raise BusAway("the connection to NATS was lost")
            line.connection_made(encrypted)
        line.introduce(unquote(told.username or ""), unquote(told.password or ""))
        await line.taken
