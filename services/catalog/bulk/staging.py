"""The first half of an import: read, judged and written down, without any effect.

Nothing here touches the catalogue, so whoever comes after a killed worker begins it anew.
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import BinaryIO, Final
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import names
from services.catalog import queries as catalogue
from services.catalog.bulk import judging, queries
from services.catalog.bulk.found import Found, Problem, Severity, Unreadable
from services.catalog.bulk.judging import Judged
from services.catalog.bulk.models import (
    Import,
    ImportedEntry,
    ImportProblem,
    Mode,
    Outcome,
    Progress,
)
from services.catalog.entry import Provider, Surroundings
from services.catalog.installation import Installation
from services.catalog.mappings.translation import Translation
from services.catalog.standards import queries as standards
from services.catalog.standards.elements import DataElement
from shared.db import Sessions

Source = Iterator[Found | Problem]
Reader = Callable[[BinaryIO, Translation], Source]

_BATCH: Final = 200
# Beyond this a report helps nobody; the counts go on.
MOST_KEPT_PROBLEMS: Final = 20_000
_CELL: Final = 40
_REPEATED: Final = "key-repeated"


class Overtaken(Exception):
    """Another worker has taken the import over."""


async def stage(
    sessions: Sessions, here: Installation, identity: UUID, attempt: int, reader: Reader
) -> None:
    """Read the import, judge every entry, and write down both; ready to be applied afterwards.

    Memory holds one batch of entries beside what the reader keeps. Raises Overtaken.
    """
    async with sessions.begin() as session:
        job = await own(session, identity, attempt)
        await _forget(session, identity)
        job.entries = job.bad = job.errors = job.warnings = 0
        department = await catalogue.provider(session, job.by)
        stager = _Stager(job, department.provider, here, attempt)
        translation = _translation(job)
    with tempfile.TemporaryFile() as file:
        await fetch(sessions, identity, file)
        reason: tuple[str, str, str] | None = None
        try:
            source = reader(file, translation)
            while batch := await asyncio.to_thread(_next, source):
                async with sessions.begin() as session:
                    await stager.keep(session, batch)
        except Unreadable as unreadable:
            reason = unreadable.code, unreadable.zh, unreadable.en
    async with sessions.begin() as session:
        job = await own(session, identity, attempt)
        job.state = Progress.APPLYING
        if reason is not None:
            job.refuse(*reason)
        elif job.errors and job.mode is Mode.ALL_OR_NOTHING:
            job.refuse(
                "import-has-errors",
                "按“全部成功或全部不导入”处理：存在错误，未导入任何条目。",
                "All or nothing was asked for, and there are errors: nothing came in.",
            )
        elif not job.entries:
            job.refuse("import-empty", "没有任何条目。", "There is no entry in it.")
        if job.reason is not None:
            job.state = Progress.MARKING


async def own(session: AsyncSession, identity: UUID, attempt: int) -> Import:
    """The import, locked until commit, while it is this attempt's. Raises Overtaken."""
    job = await queries.lock(session, identity)
    if job is None or job.attempt != attempt:
        raise Overtaken
    return job


async def fetch(sessions: Sessions, identity: UUID, file: BinaryIO) -> None:
    """Write what was handed in to a file, a piece at a time."""
    async with sessions() as session:
        position = 0
        while (piece := await queries.part(session, identity, position)) is not None:
            file.write(piece)
            session.expunge_all()
            position += 1
    file.seek(0)


def _next(source: Source) -> list[tuple[Judged | None, Problem | None]]:
    """The next entries with their shape checked, and what is wrong beside entries."""
    found: list[tuple[Judged | None, Problem | None]] = []
    for each in islice(source, _BATCH):
        if isinstance(each, Problem):
            found.append((None, each))
        else:
            found.append((judging.shape(each), None))
    return found


def _translation(job: Import) -> Translation:
    told = job.translation or {}
    return Translation.of(told.get("columns", {}), told.get("values", {}))


async def _forget(session: AsyncSession, identity: UUID) -> None:
    for table in (ImportProblem, ImportedEntry):
        await session.execute(delete(table).where(table.import_id == identity))


class _Stager:
    """Judges batches, and remembers between them what one entry has to do with another."""

    def __init__(self, job: Import, provider: Provider, here: Installation, attempt: int) -> None:
        self._id = job.id
        self._department = job.department
        self._unfinished = job.unfinished
        self._provider = provider
        self._rulebook = here.act(job.by).rulebook
        self._network = here.network
        self._attempt = attempt
        self._meant: set[str] = set()
        self._names: dict[str, int] = {}
        self._positions = 0
        self._numbers = 0

    async def keep(
        self, session: AsyncSession, batch: Sequence[tuple[Judged | None, Problem | None]]
    ) -> None:
        """Judge and write down one batch, and count it."""
        job = await own(session, self._id, self._attempt)
        judged = [one for one, _ in batch if one is not None]
        around = await self._around(session, judged)
        problems: list[tuple[int | None, Problem]] = []
        rows = []
        for one, problem in batch:
            if problem is not None:
                problems.append((None, problem))
            elif one is not None:
                position = self._positions
                self._positions += 1
                whole = self._judge(position, one, around)
                problems += [(position, found) for found in whole.problems]
                rows.append(self._row(position, whole))
                job.entries += 1
                job.bad += not whole.good
        if rows:
            await session.execute(insert(ImportedEntry), rows)
        for _, problem in problems:
            job.errors += problem.severity is Severity.ERROR
            job.warnings += problem.severity is Severity.WARNING
        kept = problems[: max(MOST_KEPT_PROBLEMS - self._numbers, 0)]
        if kept:
            await session.execute(
                insert(ImportProblem),
                [problem_row(self._id, self._numbers + n, *p) for n, p in enumerate(kept)],
            )
        self._numbers += len(kept)

    def _judge(self, position: int, one: Judged, around: "_Around") -> Judged:
        key = one.found.key
        resource = around.resources.get(key) if key is not None else None
        # Under another of its names it would be the same entry, stated twice.
        meant = str(resource) if resource is not None else key
        if meant is not None:
            said = any(problem.code == _REPEATED for problem in one.problems)
            if meant in self._meant and not said:
                one.problems.append(_repeated(one.found))
            self._meant.add(meant)
        body = one.stated
        if body is None:
            return one
        name_key = names.key(body.name)
        namesakes = around.namesakes.get(name_key, set()) - {resource}
        here = self._names.setdefault(name_key, position) != position
        unknown = frozenset(body.related) - around.related
        surroundings = Surroundings(
            namesake=bool(namesakes) or here,
            unknown_related=unknown,
            elements=around.elements,
            network=self._network,
        )
        return judging.under_rulebook(
            one, self._provider, self._rulebook, surroundings, unfinished=self._unfinished
        )

    async def _around(self, session: AsyncSession, judged: Sequence[Judged]) -> "_Around":
        bodies = [one.stated for one in judged if one.stated is not None]
        keys = {one.found.key for one in judged if one.found.key is not None}
        usable = {key for key in keys if judging.usable(key)}
        return _Around(
            resources=await queries.resources_of(session, self._department, usable),
            namesakes=await queries.namesakes(
                session, self._department, {names.key(body.name) for body in bodies}
            ),
            related=await queries.in_catalogue(
                session, {related for body in bodies for related in body.related}
            ),
            elements=await standards.named(session, {e for body in bodies for e in body.elements}),
        )

    def _row(self, position: int, one: Judged) -> dict[str, object]:
        body = one.body if one.good else None
        return {
            "import_id": self._id,
            "position": position,
            "key": one.found.key if one.found.key and judging.usable(one.found.key) else None,
            "body": body.model_dump(mode="json") if body else None,
            "sheet": one.found.place.sheet,
            "cell": one.found.place.cell[:_CELL],
            "outcome": Outcome.PENDING if body else Outcome.REFUSED,
        }


class _Around:
    """What the catalogue says about the entries of one batch."""

    def __init__(
        self,
        resources: dict[str, UUID],
        namesakes: dict[str, set[UUID]],
        related: set[UUID],
        elements: Mapping[str, DataElement],
    ) -> None:
        self.resources, self.namesakes, self.related = resources, namesakes, related
        self.elements = elements


def problem_row(
    identity: UUID, number: int, entry: int | None, problem: Problem
) -> dict[str, object]:
    """A problem as the row that keeps it."""
    return {
        "import_id": identity,
        "number": number,
        "entry": entry,
        "severity": problem.severity,
        "sheet": _storable(problem.place.sheet),
        "cell": problem.place.cell[:_CELL],
        "value": None if problem.place.value is None else _storable(problem.place.value),
        "field": problem.field[:_BATCH],
        "code": problem.code,
        "zh": problem.zh,
        "en": problem.en,
        "article": problem.article,
    }


def _repeated(found: Found) -> Problem:
    return Problem(
        place=found.place,
        field="external_id",
        code=_REPEATED,
        zh="编号所指的条目在上面已经出现。",
        en="The identifier stood above already.",
    )


def _storable(text: str) -> str:
    """The text without what PostgreSQL cannot hold."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
