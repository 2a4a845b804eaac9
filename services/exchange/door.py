"""The file door: GET and HEAD of files under capability addresses, the grant asked live; and the
bytes of resumable uploads, under addresses of their own.

A process of its own, so that bulk bytes never stand in a small request's way. It decides by
what it has in memory of grants, keeps true to them by the database's ring and the heartbeat of
requests, and puts down durably that bytes leave before the first one does.
"""

import asyncio
import contextlib
import logging
import ssl
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path

from nats.aio.msg import Msg
from sqlalchemy.exc import SQLAlchemyError

from services.exchange.digests import field as digest_field
from services.exchange.door_http import Answerer, Connection, Patience, Request
from services.exchange.ledger import Flow, Ledger
from services.exchange.live import Live
from services.exchange.models import Base
from services.exchange.ranges import Verdict, wanted
from services.exchange.serving import Admitted, Readable, Watchman
from services.exchange.settings import ExchangeSettings
from services.exchange.uploads.door import UploadDoor, refusal_headers
from services.exchange.uploads.tokens import PREFIX as UPLOADS
from services.exchange.vault import Vault
from shared import clock, db, errors, lease, tls
from shared.bus import LEASE_SUBJECT, LateBus
from shared.errors import (
    DomainError,
    MethodUnknown,
    NotFound,
    PreconditionFailed,
    RangeUnsatisfiable,
    Unavailable,
)
from shared.lease import Lease
from shared.process import listening
from shared.worker import Away

_log = logging.getLogger(__name__)
_PIECE = 128 * 1024
_LOOK_AGAIN = timedelta(seconds=1)
_SETTLE_EVERY = 1.0
_GRACE = 5.0
_HANDSHAKE = 10.0
_WAITING = 32
_PREFIX = "/files/"


class FilesReadOnly(MethodUnknown):
    """The door gives files and takes nothing."""

    code = "files-read-only"
    title = "Files are read only"

    @property
    def headers(self) -> dict[str, str]:
        """What it does."""
        return {"Allow": "GET, HEAD"}


class Door:
    """Answers requests for files."""

    def __init__(
        self, watchman: Watchman, ledger: Ledger, live: Live, vault: Vault, uploads: UploadDoor
    ) -> None:
        self._watchman = watchman
        self._ledger = ledger
        self._live = live
        self._vault = vault
        self._uploads = uploads

    async def __call__(self, request: Request, answer: Answerer) -> None:
        """Answer one request; a refusal is a problem document and says nothing else."""
        try:
            await self._answer(request, answer)
        except DomainError as refusal:
            more = refusal_headers(refusal) if request.path.startswith(UPLOADS) else {}
            self._refuse(answer, refusal, more)
        except (*Away, SQLAlchemyError) as error:
            _log.warning("a file cannot be served: %s", type(error).__name__)
            self._refuse(answer, Unavailable("Files cannot be served now.", retry_after=2))

    async def _answer(self, request: Request, answer: Answerer) -> None:
        if request.path in ("/livez", "/readyz"):
            self._tell_health(request.path, answer)
            return
        if request.path.startswith(UPLOADS):
            await self._uploads(request, answer)
            return
        if not request.path.startswith(_PREFIX):
            raise NotFound("There is nothing here.")
        if request.method not in ("GET", "HEAD"):
            raise FilesReadOnly("Files are read with GET or HEAD.")
        at = clock.now()
        admitted = self._watchman.admit(request.path.removeprefix(_PREFIX), at)
        address = admitted.address
        asked = request.headers
        if request.method == "HEAD":
            # Ranges are of GET alone (RFC 9110 §14.2).
            asked = {name: value for name, value in asked.items() if name != "range"}
        found = wanted(asked, address.size, admitted.etag)
        headers = self._headers(admitted)
        if found.verdict is Verdict.UNCHANGED:
            answer.start(HTTPStatus.NOT_MODIFIED, headers)
            return
        if found.verdict is Verdict.CHANGED:
            raise PreconditionFailed("The file is not the one that you hold.")
        if found.verdict is Verdict.UNSATISFIABLE:
            raise _outside(address.size)
        headers["content-length"] = str(found.stop - found.start)
        if found.verdict is Verdict.PART:
            last = found.stop - 1
            headers["content-range"] = f"bytes {found.start}-{last}/{address.size}"
        wrapped = await self._watchman.wrapped_key(address)
        async with self._watchman.opened(address, wrapped) as file:
            if answer.method == "HEAD":
                answer.start(found.verdict.value, headers)
                return
            async with self._ledger.download(address, admitted.grant, at) as flow:
                answer.start(found.verdict.value, headers)
                await self._pour(admitted, file, answer, flow, found.start, found.stop)

    async def _pour(
        self,
        admitted: Admitted,
        file: Readable,
        answer: Answerer,
        flow: Flow,
        start: int,
        stop: int,
    ) -> None:
        """Send the bytes, and stop within a second of the grant's end."""
        looked = clock.now()
        for first, behind in _pieces(start, stop):
            at = clock.now()
            if at - looked >= _LOOK_AGAIN:
                looked = at
                self._watchman.still(admitted, at)
            data = await file.read_at(first, behind - first)
            # Counted as they leave our hands: what the caller's network loses was served.
            flow.uncounted += len(data)
            flow.last = at
            await answer.send(data)

    def _headers(self, admitted: Admitted) -> dict[str, str]:
        address = admitted.address
        return {
            "date": format_datetime(clock.now(), usegmt=True),
            "content-type": address.form.media_type,
            "accept-ranges": "bytes",
            "etag": admitted.etag,
            "repr-digest": digest_field(self._vault.suite, address.digest),
            "content-disposition": f'attachment; filename="{address.file_name}"',
            "cache-control": "private, no-store",
            "x-content-type-options": "nosniff",
        }

    def _tell_health(self, path: str, answer: Answerer) -> None:
        ready = path == "/livez" or self._live.ready.is_set()
        status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
        answer.whole(status, {"content-type": "text/plain"}, b"ready\n" if ready else b"not yet\n")

    def _refuse(
        self, answer: Answerer, refusal: DomainError, more: Mapping[str, str] | None = None
    ) -> None:
        if answer.started:
            # Half a file has gone: an ended connection is the only honest answer.
            _log.info("a download was cut off: %s", refusal.code)
            answer.abort()
            return
        headers = {k.lower(): v for k, v in (more or refusal.headers).items()}
        headers |= {"content-type": errors.MEDIA_TYPE, "cache-control": "no-store"}
        answer.whole(refusal.status, headers, errors.problem_document(refusal))


class _OutsideFile(RangeUnsatisfiable):
    """The bytes asked for lie outside the file, whose size the answer tells."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The file has {size} bytes.")
        self._size = size

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Range": f"bytes */{self._size}"}


def _outside(size: int) -> _OutsideFile:
    return _OutsideFile(size)


def _pieces(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The bytes from `start` to `stop`, cut where sealed chunks end."""
    while start < stop:
        behind = min(stop, (start // _PIECE + 1) * _PIECE)
        yield start, behind
        start = behind


class Beats:
    """Keeps the lease by the heartbeat of requests and what was heard here."""

    def __init__(self, live: Live, held: Lease) -> None:
        self._live = live
        self._held = held
        self._look = asyncio.Event()

    async def hear(self, message: Msg) -> None:
        """A heartbeat came."""
        beat = lease.read(message.data)
        if beat is not None:
            self._held.beat(beat)
            if self._held.behind:
                self._look.set()

    async def catch_up(self) -> None:
        """Whenever a beat tells of events not heard yet, look how far they were heard."""
        while True:
            await self._look.wait()
            self._look.clear()
            await self._live.ready.wait()
            try:
                self._held.heard((await self._live.settled()).sequence)
            except (*Away, SQLAlchemyError) as error:
                _log.warning("cannot look how far requests was heard: %s", type(error).__name__)


async def run(settings: ExchangeSettings | None = None) -> None:
    """Serve files until cancelled, told by `settings` or the environment."""
    told = settings or ExchangeSettings()
    context = _tls(told)
    vault = Vault.told(told)
    if vault.bucket is not None:
        # Downloads wait for the object store each in a thread of its own.
        waiting = ThreadPoolExecutor(_WAITING, thread_name_prefix="objects")
        asyncio.get_running_loop().set_default_executor(waiting)
    vault.prepare()
    dsn = told.database.get_secret_value()
    engine = db.engine(dsn, size=4)
    sessions = db.sessions(engine, Base)
    live, held = Live(sessions, dsn), Lease(told.lease_bounds)
    ledger = Ledger(sessions)
    watchman = Watchman(sessions, live, held, vault, told.door)
    door = Door(watchman, ledger, live, vault, UploadDoor(sessions, vault, told))
    beats = Beats(live, held)
    bus = LateBus(told.nats.get_secret_value(), "exchange")
    connections: set[Connection] = set()
    try:
        async with contextlib.AsyncExitStack() as stack:
            bound = stack.enter_context(listening(told.listen))
            await stack.enter_async_context(live.following())
            await stack.enter_async_context(bus.connecting({LEASE_SUBJECT: beats.hear}))
            server = await asyncio.get_running_loop().create_server(
                lambda: Connection(door, connections, Patience(), UPLOADS),
                sock=bound,
                backlog=512,
                ssl=context,
                ssl_handshake_timeout=_HANDSHAKE if context else None,
                # Whoever takes nothing any more is not waited for longer than at the end.
                ssl_shutdown_timeout=_GRACE if context else None,
            )
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(beats.catch_up())
                tasks.create_task(_keep_books(ledger))
                try:
                    await asyncio.Event().wait()
                finally:
                    server.close()
                    await _let_finish(connections)
                    await _last_entries(ledger)
    finally:
        await engine.dispose()


def _tls(told: ExchangeSettings) -> ssl.SSLContext | None:
    """The TLS that the door speaks, None where it speaks plainly. Ends the process where the
    certificate cannot be used. Callers' certificates are not asked for: the address is enough.
    """
    # An empty setting is read as the path `.`; it names no file.
    if told.tls_certificate in (None, Path()) or told.listen.startswith("unix:"):
        return None
    try:
        return tls.Certificate(told.tls_certificate, told.tls_key or Path()).context
    except (OSError, ssl.SSLError) as error:
        sys.exit(f"HUITONG_TLS_CERTIFICATE or HUITONG_TLS_KEY cannot be used: {error}")


async def _keep_books(ledger: Ledger) -> None:
    recovered = False
    while True:
        at = clock.now()
        try:
            if not recovered:
                await ledger.recover(at)
                recovered = True
            await ledger.settle(at)
        except (*Away, SQLAlchemyError) as error:
            _log.warning("what was served cannot be told yet: %s", type(error).__name__)
        await asyncio.sleep(_SETTLE_EVERY)


async def _let_finish(connections: set[Connection]) -> None:
    """Give downloads a moment, then cut them off: they resume elsewhere."""
    waiting = list(connections)
    for connection in waiting:
        connection.finish()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GRACE):
            for connection in waiting:
                await connection.closed.wait()
    for connection in waiting:
        connection.abort()
    await asyncio.sleep(0)


async def _last_entries(ledger: Ledger) -> None:
    at: datetime = clock.now()
    with contextlib.suppress(*Away, SQLAlchemyError):
        await ledger.settle(at, quiet=timedelta(0))
