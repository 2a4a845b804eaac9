"""One run: a source read whole, compared with what it said before, the difference handed in.

Nothing is kept before the source was read to its end, so a broken connection or a killed
worker leaves a run that failed and a catalogue as it was.
"""

import asyncio
import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.bulk import usecases as imports
from services.catalog.bulk.locks import held
from services.catalog.bulk.models import Mode, Way
from services.catalog.bulk.records import IDENTIFIER, MOST_ENTRIES
from services.catalog.bulk.usecases import Handed
from services.catalog.harvest import ckan, dcat, queries
from services.catalog.harvest.addresses import Allowed, SourceNotAllowed
from services.catalog.harvest.fetching import Fetching, NotReached
from services.catalog.harvest.models import (
    HarvestedRecord,
    HarvestRun,
    HarvestSource,
    Protocol,
)
from services.catalog.harvest.records import Record, SourceUnreadable
from services.catalog.mappings import queries as mappings
from services.catalog.mappings.queries import Chosen
from services.catalog.mappings.translation import NONE, Translation
from shared import clock
from shared.crypto import STANDARD
from shared.db import Sessions
from shared.errors import DomainError
from shared.ids import new_id
from shared.outbox import emit
from shared.worker import Job, Working

_log = logging.getLogger(__name__)
_PATIENCE: Final = timedelta(minutes=20)
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Read:
    """A source read whole."""

    records: Sequence[Record]
    unread: int


def jobs(allowed: Allowed) -> list[Job]:
    """Read the sources that are due."""

    async def harvest(working: Working, at: datetime) -> None:
        await work(working, allowed)

    return [Job("harvest", timedelta(seconds=10), harvest)]


async def work(working: Working, allowed: Allowed) -> int:
    """Read every source that is due and that nobody else reads; return how many were read."""
    async with working.sessions() as session:
        waiting = await queries.due(session, clock.now())
    done = 0
    for identity in waiting:
        dsn = working.settings.database.get_secret_value()
        async with held(dsn, f"harvest {identity}") as ours:
            if ours:
                done += await _run(working.sessions, allowed, identity)
    return done


async def _run(sessions: Sessions, allowed: Allowed, identity: UUID) -> bool:
    begun = await _begin(sessions, identity)
    if begun is None:
        return False
    source, run, chosen, reason = begun
    read = Read((), 0)
    if reason is None:
        try:
            async with asyncio.timeout(_PATIENCE.total_seconds()):
                read = await _read(allowed, source, _translation(chosen))
        except SourceUnreadable as unreadable:
            reason = unreadable.code, unreadable.zh, unreadable.en
        except SourceNotAllowed as refusal:
            reason = refusal.code, "该地址不在允许的范围内。", refusal.detail
        except (NotReached, TimeoutError) as error:
            _log.warning("source %s was not reached: %s", identity, type(error).__name__)
            said = str(error) or "took too long"
            reason = "source-not-reached", "无法从对方取得数据。", f"The source gave {said}."
    async with sessions.begin() as session:
        kept = await session.merge(run)
        owner = await queries.lock(session, identity)
        if owner is None:
            return False
        if reason is not None:
            kept.reason, kept.reason_zh, kept.reason_en = reason
        else:
            await _keep(session, owner, kept, read, chosen)
        emit(session, kept.end(owner, clock.now()))
    return True


async def _begin(
    sessions: Sessions, identity: UUID
) -> tuple[HarvestSource, HarvestRun, Chosen | None, tuple[str, str, str] | None] | None:
    async with sessions.begin() as session:
        source = await queries.lock(session, identity)
        at = clock.now()
        if source is None or source.next_at is None or source.next_at > at:
            return None
        for left in await queries.broken_off(session, identity):
            left.reason, left.reason_zh, left.reason_en = (
                "run-broken-off",
                "采集中断。",
                "The run was broken off.",
            )
            emit(session, left.end(source, at))
        run = source.begin(at)
        session.add(run)
        chosen, reason = None, None
        try:
            chosen = await mappings.chosen(session, source.mapping)
        except DomainError as refusal:
            reason = refusal.code, "代码映射不存在。", refusal.detail
    return source, run, chosen, reason


def _translation(chosen: Chosen | None) -> Translation:
    return NONE if chosen is None else Translation.of(chosen.told["columns"], chosen.told["values"])


async def _read(allowed: Allowed, source: HarvestSource, translation: Translation) -> Read:
    async with Fetching(allowed) as fetching:
        if source.protocol is Protocol.DCAT:
            answer = await fetching.read(source.address, dcat.ACCEPTED, dcat.LARGEST)
            kind = dcat.JSON_LD if "json" in answer.kind else dcat.TURTLE
            found = await asyncio.to_thread(dcat.records, answer.body, kind, translation)
            _refuse_many(len(found))
            return Read(found, 0)
        records: dict[str, Record] = {}
        start = unread = 0
        while True:
            answer = await fetching.read(ckan.address(source.address, start), _JSON)
            page = await asyncio.to_thread(ckan.page, answer.body, translation)
            _refuse_many(page.count)
            records |= {record.identifier: record for record in page.records}
            unread += page.unread
            start += page.size
            if page.size == 0 or start >= page.count:
                return Read(list(records.values()), unread)


def _refuse_many(count: int) -> None:
    if count > MOST_ENTRIES:
        raise SourceUnreadable(
            "source-too-large",
            f"对方目录超过 {MOST_ENTRIES} 条。",
            f"The source has more than {MOST_ENTRIES} datasets.",
        )


async def _keep(
    session: AsyncSession,
    source: HarvestSource,
    run: HarvestRun,
    read: Read,
    chosen: Chosen | None,
) -> None:
    """Hand in what is new or changed, and note what has gone; all in this transaction."""
    at = clock.now()
    known = await queries.known(session, source.id)
    label = chosen.label if chosen is not None else ""
    lines: list[bytes] = []
    seen: set[str] = set()
    for record in read.records:
        key = _key(source, record)
        line = orjson.dumps({**record.told, IDENTIFIER: key}, option=orjson.OPT_SORT_KEYS)
        digest = STANDARD.digest(line + label.encode())
        seen.add(key)
        before = known.get(key)
        if before is None or before.digest != digest or before.gone_at is not None:
            lines.append(line)
            if before is None:
                session.add(_harvested(source, key, record, digest))
            else:
                before.heard(str(record.told.get("name", "")), digest)
    run.found, run.unread, run.sent = len(read.records), read.unread, len(lines)
    # What could not be understood may be what seems to be missing: nothing is called gone then.
    if not read.unread:
        for key, before in known.items():
            if key not in seen and before.gone_at is None:
                before.gone_at = at
                run.gone += 1
    if lines:
        run.import_id = new_id()
        body = b"\n".join(lines)
        handed = Handed(
            way=Way.HARVEST,
            mode=Mode.GOOD_ROWS_ONLY,
            dry_run=False,
            unfinished=True,
            file=io.BytesIO(body),
            size=len(body),
            digest=STANDARD.digest(body),
            mapping=label or None,
        )
        await imports.keep(session, source.by, run.import_id, handed)


def _harvested(source: HarvestSource, key: str, record: Record, digest: bytes) -> HarvestedRecord:
    return HarvestedRecord(
        source_id=source.id,
        key=key,
        identifier=record.identifier,
        name=str(record.told.get("name", "")),
        digest=digest,
    )


def _key(source: HarvestSource, record: Record) -> str:
    """The department's identifier of a dataset: no other source's, whatever they call theirs."""
    plain = f"{source.id}:{record.identifier}"
    if len(plain) <= 200 and plain.isprintable():
        return plain
    return f"{source.id}:{STANDARD.digest(record.identifier.encode()).hex()}"
