"""Access records: what was decided about each request, durable before its answer leaves.

The records of a moment travel packed in one message to the stream ACCESS. While NATS is away
they go to the spool, and the spool is emptied first, in order, when NATS is back. Owner of the
sequence numbers: this recorder, one per process life; audit sees a gap in them.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import orjson

from gateway.spool import Spool, SpoolFull
from shared.bus import ACCESS_SUBJECT, BusAway
from shared.errors import Unavailable
from shared.ids import new_id
from shared.principal import PrincipalKind

_PACK = 200
_IN_FLIGHT = 4
_RETRY_SECONDS = 0.5
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
            "id": new_id(),
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


class _PerhapsStored(Exception):
    """NATS may have the message, but did not say so, and the spool has no room for it."""


_Kept = tuple[dict[str, object], asyncio.Future[None]]


class Recorder:
    """Makes access records durable, many at a time."""

    def __init__(self, publisher: Publisher, spool: Spool) -> None:
        self._publisher = publisher
        self._spool = spool
        self._source = f"/huitong/gateway/{new_id()}"
        self._sequence = 0
        # Numbers of records that were surely not kept: given again, so that audit sees no gap.
        self._spare: list[int] = []
        # Messages that may have been stored and found no other place: sent again until they are.
        self._unsure: list[tuple[str, bytes]] = []
        self._waiting: list[_Kept] = []
        self._rung = asyncio.Event()
        self._lanes = asyncio.Semaphore(_IN_FLIGHT)

    def keep(self, record: Record, at: datetime) -> asyncio.Future[None]:
        """Take a record; the future is done when it is durable, or raises RecordUnavailable."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # A `completed` half is not waited for; its failure is logged where it happens.
        done.add_done_callback(_looked_at)
        self._waiting.append((record.document(at), done))
        self._rung.set()
        return done

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send what is kept for as long as the block runs, and all that is left at its end."""
        sender = asyncio.create_task(self._send_for_ever())
        replayer = asyncio.create_task(self._replay_for_ever())
        try:
            yield
        finally:
            for task in (replayer, sender):
                task.cancel()
            await asyncio.gather(replayer, sender, return_exceptions=True)
            while self._waiting:
                await self._send(self._take())
            # Packs still in flight hold a lane each.
            for _ in range(_IN_FLIGHT):
                await self._lanes.acquire()

    async def _send_for_ever(self) -> None:
        flying: set[asyncio.Task[None]] = set()
        while True:
            await self._rung.wait()
            # A lane first, then the pack: while lanes are busy, records gather.
            await self._lanes.acquire()
            pack = self._take()
            if not self._waiting:
                self._rung.clear()
            if not pack:
                self._lanes.release()
                continue
            task = asyncio.create_task(self._send(pack))
            flying.add(task)
            task.add_done_callback(flying.discard)
            task.add_done_callback(lambda _: self._lanes.release())

    def _take(self) -> list[_Kept]:
        pack, self._waiting = self._waiting[:_PACK], self._waiting[_PACK:]
        for document, _ in pack:
            document["sequence"] = self._number()
        return pack

    def _number(self) -> int:
        if self._spare:
            return self._spare.pop(0)
        self._sequence += 1
        return self._sequence

    async def _send(self, pack: list[_Kept]) -> None:
        try:
            await self._make_durable(
                # asyncpg's UUIDs are of a class of its own, which orjson leaves to `default`.
                orjson.dumps({"source": self._source, "records": [d for d, _ in pack]}, default=str)
            )
        except Exception as error:  # whatever it was: not durable, so nobody may go on
            if not isinstance(error, _PerhapsStored):
                self._spare = sorted([*self._spare, *(_sequence_of(d) for d, _ in pack)])
            if not isinstance(error, (SpoolFull, _PerhapsStored)):
                _log.exception("access records could not be kept")
            _log.error("%d access records could not be kept", len(pack))
            refusal = RecordUnavailable(
                "Access cannot be recorded now, so none is given; try again later.", retry_after=5
            )
            for _, done in pack:
                if not done.done():
                    done.set_exception(refusal)
            return
        for _, done in pack:
            if not done.done():
                done.set_result(None)

    async def _make_durable(self, message: bytes) -> None:
        """One message into the stream, or onto the disk. Raises SpoolFull, _PerhapsStored."""
        name, perhaps_stored = str(new_id()), False
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


def _sequence_of(document: dict[str, object]) -> int:
    number = document["sequence"]
    assert isinstance(number, int)  # noqa: S101 - given by _take
    return number


def _looked_at(done: asyncio.Future[None]) -> None:
    if not done.cancelled():
        done.exception()
