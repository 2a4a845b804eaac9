"""The queue of batches: rows in PostgreSQL, one batch of a resource at a time, in order.

A worker holds the resource's lock on a connection of its own while it works, so that the lock
dies with the worker. Whoever comes next begins the batch anew under the next attempt number;
only the attempt that the batch knows can publish.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from services.exchange import judging, publishing, queries, recalling, recalls
from services.exchange.bell import Bell, held
from services.exchange.elements.queries import bindings
from services.exchange.importing import Assignment, Importer, Interrupted, Outcome, Progress
from services.exchange.judging import LEAST_KEPT, Terms
from services.exchange.models import Batch, BatchState, Phase, Resource
from services.exchange.publishing import Attempt
from services.exchange.tables.reasons import Severities
from services.exchange.tables.refusals import BatchRefused
from services.exchange.uploads import clearing
from services.exchange.vault import Vault
from shared import clock
from shared.crypto import Tampered
from shared.db import Sessions
from shared.events.exchange import BatchMode

_log = logging.getLogger(__name__)
_TELL_EVERY = 0.5
# So often a batch may fail for a reason that nobody foresaw before it is refused as our fault.
_ATTEMPTS = 5
CHANNEL = "batches"


class Queue:
    """The batches that wait, as one worker sees them."""

    def __init__(self, sessions: Sessions, vault: Vault, importer: Importer) -> None:
        self._sessions = sessions
        self._vault = vault
        self._importer = importer
        self._was_readable = True

    async def work(self, bell: Bell) -> int:
        """Work through what waits and nobody else holds; return how many batches finished."""
        finished = 0
        async with self._sessions() as session:
            waiting = await queries.waiting(session)
        if bell.connection is None:
            raise RuntimeError("the bell must be listening")
        readable = not waiting or await self._readable()
        for batch, resource in waiting:
            async with held(bell.connection, f"resource {resource}") as ours:
                if ours and await self._work_one(batch, readable=readable):
                    finished += 1
                    await clearing.clear(self._sessions, self._vault)
        return finished

    async def _readable(self) -> bool:
        """Whether uploads can be read, which is said once when it changes."""
        found = await asyncio.to_thread(self._importer.ready)
        if found != self._was_readable:
            _log.warning("the malware scanner is %s", "there again" if found else "away: all wait")
            self._was_readable = found
        return found

    async def _work_one(self, batch: UUID, *, readable: bool) -> bool:
        todo = await self._begin(batch, readable=readable)
        if todo is None:
            return False
        attempt = Attempt(todo.batch, todo.attempt)
        try:
            if isinstance(todo, Recall):
                return await recalling.publish(
                    self._sessions, self._importer, self._vault, attempt, clock.now()
                )
            return await self._end(todo, attempt, await self._in_thread(todo))
        except _TakenBack:
            # Cancelled by its provider while it was being worked on.
            publishing.clear(self._vault, batch, keep=None)
            return True
        except BatchRefused as refused:
            refusal = refused
        except (OSError, SQLAlchemyError, asyncpg.PostgresError) as error:
            if not isinstance(error, FileNotFoundError):
                # A full disk, a database that is away: the batch waits, others go on.
                _log.warning("batch %s waits: %s", batch, type(error).__name__)
                return False
            refusal = _fault("upload-missing", error)
        except Tampered as error:
            refusal = _fault("upload-altered", error)
        except Exception as error:
            _log.exception("batch %s failed, attempt %d", batch, todo.attempt)
            if todo.attempt < _ATTEMPTS:
                return False
            refusal = _fault("platform-fault", error)
        await publishing.refuse(self._sessions, self._vault, attempt, refusal, clock.now())
        return True

    async def _end(self, todo: Assignment, attempt: Attempt, outcome: Outcome) -> bool:
        """What comes of a batch that was checked and compared."""
        at, terms, counts = clock.now(), todo.terms, outcome.counts
        wrong = judging.refusal(terms, counts)
        if wrong is not None:
            return await publishing.set_aside(
                self._sessions,
                self._vault,
                attempt,
                outcome,
                lambda batch: batch.refuse(wrong.code, wrong.detail, at),
            )
        if terms.dry_run:
            return await publishing.set_aside(
                self._sessions,
                self._vault,
                attempt,
                outcome,
                lambda batch: batch.end_dry_run(counts, at),
            )
        doubt = None
        after = outcome.after(terms.stands)
        if todo.mode is BatchMode.SNAPSHOT and after is not None:
            # What was published before counts were kept is counted by the difference.
            before = after - outcome.came if terms.stands is None else terms.stands
            doubt = judging.hold(terms, before, after)
        if doubt is not None:
            return await publishing.set_aside(
                self._sessions,
                self._vault,
                attempt,
                outcome,
                lambda batch: batch.keep_waiting(
                    doubt.code, doubt.detail, before=doubt.before, after=doubt.after, at=at
                ),
            )
        return await publishing.publish(
            self._sessions, self._importer, self._vault, attempt, outcome, at
        )

    async def _begin(self, identity: UUID, *, readable: bool) -> "Assignment | Recall | None":
        """Take the batch: its next attempt, and what it must be checked and compared with."""
        async with self._sessions.begin() as session:
            batch = await queries.lock_batch(session, identity)
            if batch is None or batch.state not in (BatchState.RECEIVED, BatchState.CHECKING):
                return None
            resource = await queries.resource(session, batch.resource_id)
            if resource is None:
                raise LookupError("a batch without its resource")
            if batch.recalls is None and not readable:
                # Never unscanned: it waits, and whoever asks sees for what.
                batch.phase = Phase.SCANNING
                return None
            batch.begin()
            if batch.recalls is not None:
                return Recall(batch.id, batch.attempt)
            if batch.staging_key is None:
                raise LookupError("an unfinished batch without the key of its upload")
            chosen = await queries.rules(session, resource.id)
            return Assignment(
                batch=batch.id,
                attempt=batch.attempt,
                mode=batch.mode,
                size=batch.size,
                content=batch.content,
                digest=batch.digest,
                staging_key=self._vault.unwrap(batch.staging_key),
                upload=await clearing.stored(session, batch.id),
                items=resource.items,
                shape=resource.shape,
                severities=Severities({(r.rule, r.item or None): r.severity for r in chosen}),
                bindings=await bindings(session, resource.items),
                stands=await queries.state_at(
                    session, resource.id, resource.epoch, resource.sequence
                ),
                terms=_terms(batch, resource, await recalls.rows_standing(session, resource)),
            )

    async def _in_thread(self, todo: Assignment) -> Outcome:
        """The long part in a thread, its progress told; it stops soon when this is cancelled."""
        told = _Told()
        work = asyncio.ensure_future(
            asyncio.to_thread(self._importer.work, todo, Progress(told.rows, told.phase))
        )
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=_TELL_EVERY)
                await self._tell(todo, told)
        except BaseException:
            told.stop.set()
            with contextlib.suppress(BaseException):
                await work
            raise
        try:
            return await work
        except Interrupted:
            if told.taken_back:
                raise _TakenBack from None
            raise

    async def _tell(self, todo: Assignment, told: "_Told") -> None:
        async with self._sessions.begin() as session:
            batch = await queries.lock_batch(session, todo.batch)
            if batch is not None and batch.attempt == todo.attempt:
                if batch.state is not BatchState.CHECKING:
                    told.taken_back = True
                    told.stop.set()
                    return
                batch.rows_read, batch.phase = told.read, told.doing


@dataclass(frozen=True, slots=True)
class Recall:
    """A batch that undoes another: nothing to read, all is on the shelves."""

    batch: UUID
    attempt: int


def _terms(batch: Batch, resource: Resource, stands: int | None) -> Terms:
    least = LEAST_KEPT if resource.least_kept is None else resource.least_kept
    return Terms(
        most_rejected=resource.most_rejected,
        least_kept=least,
        rows=batch.stated_rows,
        item=batch.stated_item,
        total=batch.stated_sum,
        dry_run=batch.dry_run,
        confirmed=batch.confirmed_by is not None,
        stands=stands,
    )


class _TakenBack(Exception):
    """The provider cancelled the batch that is being worked on."""


class _Told:
    """What the working thread tells, and what it is told."""

    def __init__(self) -> None:
        self.read = 0
        self.doing = Phase.READING
        self.stop = threading.Event()
        self.taken_back = False

    def rows(self, rows: int) -> None:
        self.read = rows
        self._heed()

    def phase(self, phase: Phase) -> None:
        self.doing = phase
        self._heed()

    def _heed(self) -> None:
        if self.stop.is_set():
            raise Interrupted("the worker is stopping")


def _fault(code: str, error: Exception) -> BatchRefused:
    """A refusal that is the platform's fault and says so, as opposed to the provider's."""
    return BatchRefused(
        code,
        "平台故障，批次未能处理，请重新提交 "
        f"(a fault of the platform, {type(error).__name__}: hand the batch in again)",
    )


Work = Callable[[Bell], Awaitable[int]]


async def for_ever(dsn: str, channel: str, work: Work, idle: float = 5.0) -> None:
    """Do `work` whenever the channel rings, and once in a while in case a ring was missed."""
    async with Bell(dsn, channel) as bell:
        while True:
            while await work(bell):
                pass
            await bell.wait(idle)
