"""Access records: what was decided about each request, durable before its answer leaves.

The records of a moment travel packed in one message to the stream ACCESS. While NATS is away
they go to the spool, and the spool is emptied first, in order, when NATS is back. Owner of the
sequence numbers: this recorder, one per process life; audit sees a gap in them.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Generator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol
from uuid import UUID

import orjson

from gateway.spool import Spool, SpoolFull
from shared.background import beside
from shared.bus import ACCESS_SUBJECT, BusAway
from shared.errors import Unavailable
from shared.ids import new_id, new_text
from shared.principal import PrincipalKind

_PACK = 200
_IN_FLIGHT = 4
_WORTH_A_LANE = 24
_MOST_TURNS = 4
_RETRY_SECONDS = 0.5
# How long a record that nobody waits for may wait for company.
_NOTE_SECONDS = 0.005
_log = logging.getLogger(__name__)


class RecordUnavailable(Unavailable):
    """The access cannot be recorded durably, so it may not happen."""

    code = "record-unavailable"
    title = "Access cannot be recorded"


class Publisher(Protocol):
    """What the recorder needs of the bus."""

    async def publish(self, subject: str, body: bytes, message_id: str) -> None: ...


@dataclass(slots=True, kw_only=True)
class Record:
    """One access record. Times are UTC; what is not known is None. No personal data.

    `kind` is `decided` or `completed`; both halves share `access_id`. `address` is the caller's
    network address. `count` is above one where refusals of strangers were added up.
    """

    kind: str
    access_id: UUID
    operation: str
    decision: str
    principal_kind: PrincipalKind | None = None
    principal_id: UUID | None = None
    department: UUID | None = None
    permission: str | None = None
    resource: UUID | None = None
    grant: UUID | None = None
    purpose: str | None = None
    reason: str | None = None
    status: int | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None
    received: datetime | None = None
    forwarded: datetime | None = None
    answered: datetime | None = None
    finished: datetime | None = None
    address: str | None = None
    keys_digest: str | None = None
    end_user: str | None = None
    matter: str | None = None
    terminal: str | None = None
    # The absent colleague for whom a deputy acted.
    on_behalf_of: UUID | None = None
    count: int = 1

    def document(self, at: datetime) -> dict[str, object]:
        """The record as it travels; its sequence number is given when it leaves."""
        principal = self.principal_id and {
            "kind": self.principal_kind,
            "id": self.principal_id,
            "department": self.department,
        }
        return {
            "id": new_text(),
            "kind": self.kind,
            "access_id": self.access_id,
            "time": at,
            "principal": principal,
            "operation": self.operation,
            "permission": self.permission,
            "resource": self.resource,
            "grant": self.grant,
            "purpose": self.purpose,
            "decision": self.decision,
            "reason": self.reason,
            "status": self.status,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "received": self.received,
            "forwarded": self.forwarded,
            "answered": self.answered,
            "finished": self.finished,
            "address": self.address,
            "keys_digest": self.keys_digest,
            "end_user": self.end_user,
            "matter": self.matter,
            "terminal": self.terminal,
            "on_behalf_of": self.on_behalf_of,
            "count": self.count,
        }

    def line(self, at: datetime) -> bytes:
        """As Written.line."""
        # asyncpg's UUIDs are of a class of its own, which orjson leaves to `default`.
        return orjson.dumps(self.document(at), default=str)[1:]


class Written(Protocol):
    """Whatever knows how it stands in the log."""

    def line(self, at: datetime) -> bytes:
        """The record as JSON without its opening brace: its number is put in front."""


class _PerhapsStored(Exception):
    """NATS may have the message, but did not say so, and the spool has no room for it."""


class Kept:
    """A record on its way. Awaiting it returns when it is durable, or raises RecordUnavailable;
    a callback that cannot wait asks to be told (`then`)."""

    __slots__ = ("_told", "line", "number", "refusal", "settled")

    def __init__(self, line: bytes) -> None:
        self.line = line
        # Its sequence number, given when it leaves.
        self.number = 0
        # Whether it is decided; `refusal` then says whether it is durable.
        self.settled = False
        self.refusal: RecordUnavailable | None = None
        self._told: Callable[[Kept], None] | None = None

    def then(self, told: "Callable[[Kept], None]") -> None:
        """Tell this one, now or as soon as it is settled."""
        if self.settled:
            told(self)
        else:
            self._told = told

    def settle(self, refusal: RecordUnavailable | None) -> None:
        """It is durable, or it could not be made so."""
        self.settled, self.refusal = True, refusal
        # Forgotten before it is told: the two would otherwise hold each other in memory.
        told, self._told = self._told, None
        if told is not None:
            told(self)

    def __await__(self) -> Generator[object, None, None]:
        if not self.settled:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

            def settled(_: Kept) -> None:
                if not done.done():
                    done.set_result(None)

            self.then(settled)
            yield from done
        if self.refusal is not None:
            raise self.refusal


class Recorder:
    """Makes access records durable, many at a time."""

    def __init__(self, publisher: Publisher, spool: Spool) -> None:
        self._publisher = publisher
        self._spool = spool
        self._source = f"/huitong/gateway/{new_id()}".encode()
        self._sequence = 0
        # Numbers of records that were surely not kept: given again, so that audit sees no gap.
        self._spare: list[int] = []
        # Messages that may have been stored and found no other place: sent again until they are.
        self._unsure: list[tuple[str, bytes]] = []
        self._waiting: list[Kept] = []
        self._flying: set[asyncio.Task[None]] = set()
        self._departure: asyncio.Handle | None = None
        # Turns of the loop for which the next pack has waited, and its size when the last began.
        self._turns = self._gathered = 0

    def keep(self, record: Written, at: datetime) -> Kept:
        """Take a record that somebody waits for."""
        kept = Kept(record.line(at))
        self._waiting.append(kept)
        if not self._turns:
            self._gather()
        return kept

    def note(self, record: Written, at: datetime) -> None:
        """Take a record that nobody waits for: it leaves with the next, or a moment later.

        That it could not be kept is logged where it happens.
        """
        self._waiting.append(Kept(record.line(at)))
        if self._departure is None:
            self._depart_by(self._loop.call_later(_NOTE_SECONDS, self._depart))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Replay what was spooled for as long as the block runs; send all that is left then."""
        try:
            async with beside(self._replay_for_ever()):
                yield
        finally:
            while self._waiting or self._flying:
                self._depart()
                await asyncio.wait(self._flying)

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        # Asking for it is a system call each time, so it is asked for once.
        return asyncio.get_running_loop()

    def _gather(self) -> None:
        """Leave when a turn of the loop has brought nothing more, and after a few in any case."""
        if self._turns == _MOST_TURNS or len(self._waiting) == self._gathered:
            self._depart()
        else:
            self._turns += 1
            self._gathered = len(self._waiting)
            self._depart_by(self._loop.call_soon(self._gather))

    def _depart_by(self, handle: asyncio.Handle) -> None:
        if self._departure is not None:
            self._departure.cancel()
        self._departure = handle

    def _depart(self) -> None:
        """Send packs while lanes are free; while they are busy, records gather."""
        if self._departure is not None:
            self._departure.cancel()
        self._departure = None
        self._turns = self._gathered = 0
        # Another lane is opened for as many as fill it: few large packs cost less than many.
        while self._waiting and len(self._waiting) >= _WORTH_A_LANE * len(self._flying):
            if len(self._flying) == _IN_FLIGHT:
                return
            task = self._loop.create_task(self._send(self._take()))
            self._flying.add(task)
            task.add_done_callback(self._arrived)

    def _arrived(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        if self._waiting:
            self._depart()

    def _take(self) -> list[Kept]:
        pack, self._waiting = self._waiting[:_PACK], self._waiting[_PACK:]
        for kept in pack:
            kept.number = self._number()
        return pack

    def _number(self) -> int:
        if self._spare:
            return self._spare.pop(0)
        self._sequence += 1
        return self._sequence

    async def _send(self, pack: list[Kept]) -> None:
        refusal = None
        try:
            lines = b",".join([b'{"sequence":%d,%b' % (k.number, k.line) for k in pack])
            await self._make_durable(b'{"source":"%b","records":[%b]}' % (self._source, lines))
        except Exception as error:  # whatever it was: not durable, so nobody may go on
            if not isinstance(error, _PerhapsStored):
                self._spare = sorted([*self._spare, *(k.number for k in pack)])
            if not isinstance(error, (SpoolFull, _PerhapsStored)):
                _log.exception("access records could not be kept")
            _log.error("%d access records could not be kept", len(pack))
            refusal = RecordUnavailable(
                "Access cannot be recorded now, so none is given; try again later.", retry_after=5
            )
        for kept in pack:
            kept.settle(refusal)

    async def _make_durable(self, message: bytes) -> None:
        """One message into the stream, or onto the disk. Raises SpoolFull, _PerhapsStored."""
        name, perhaps_stored = new_text(), False
        if self._spool.empty:
            try:
                # Acknowledged by the stream: from here on it is durable there.
                await self._publisher.publish(ACCESS_SUBJECT, message, name)
            except BusAway as away:
                _log.warning("NATS is away: access records go to the spool")
                perhaps_stored = away.sent
            else:
                return
        # Durable when this returns: written and fsynced. Should the publish above have been
        # stored after all, audit drops the repeat by the records' ids.
        try:
            await asyncio.to_thread(self._spool.add, message)
        except SpoolFull as full:
            if not perhaps_stored:
                raise
            # Its numbers may be in the log already: they stay its own. At most one message a
            # lane comes here in an outage, for the client knows from then on that NATS is away.
            self._unsure.append((name, message))
            raise _PerhapsStored from full

    async def _replay_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_RETRY_SECONDS)
            try:
                await self._replay()
            except BusAway:
                continue
            except OSError:
                _log.exception("the spool cannot be read")

    async def _replay(self) -> None:
        while self._unsure:
            name, message = self._unsure[0]
            await self._publisher.publish(ACCESS_SUBJECT, message, name)
            self._unsure.pop(0)
        while (oldest := await asyncio.to_thread(self._spool.oldest)) is not None:
            await self._publisher.publish(ACCESS_SUBJECT, oldest.message, oldest.name)
            # A crash between the two lines sends it again; its name as message id and the
            # records' ids make that harmless.
            await asyncio.to_thread(self._spool.remove, oldest)
