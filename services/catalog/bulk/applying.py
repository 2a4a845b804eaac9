"""The second half of an import: its entries become drafts, each once.

All or nothing is one transaction; good rows only is one for each batch, in which also stands
what became of it. Either way a killed worker leaves what is committed and nothing half, and the
next goes on with what is pending.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import queries as catalogue
from services.catalog import usecases
from services.catalog.bulk import queries
from services.catalog.bulk.found import Place, Problem
from services.catalog.bulk.models import (
    ExternalIdentity,
    Import,
    ImportedEntry,
    ImportProblem,
    Mode,
    Outcome,
    Progress,
)
from services.catalog.bulk.sameness import same
from services.catalog.bulk.staging import own, problem_row
from services.catalog.entry import Entry
from services.catalog.installation import Installation
from services.catalog.models import ResourceVersion
from services.catalog.schemas import EntryBody
from services.catalog.standards import queries as standards
from shared.db import Sessions
from shared.errors import DomainError, Unavailable
from shared.ids import new_id

_BATCH: Final = 100
_CHINESE: Final = "该条目当前状态不允许修改，详见英文说明。"


class _Undone(Exception):
    """Leaves the transaction without keeping what was done in it."""


@dataclass(slots=True)
class Became:
    """What became of a batch: outcomes by position, and what refused them."""

    outcomes: dict[int, tuple[Outcome, UUID | None]] = field(default_factory=dict)
    problems: list[tuple[int, Problem]] = field(default_factory=list)

    def count(self, outcome: Outcome) -> int:
        """How many entries came to this."""
        return sum(found is outcome for found, _ in self.outcomes.values())


@dataclass(frozen=True, slots=True)
class Applying:
    """One import being applied, by one attempt."""

    sessions: Sessions
    here: Installation
    identity: UUID
    attempt: int

    async def apply(self) -> None:
        """Let the entries take effect, as the import's mode says. Raises Overtaken."""
        async with self.sessions.begin() as session:
            job = await own(session, self.identity, self.attempt)
            whole, dry_run = job.mode is Mode.ALL_OR_NOTHING, job.dry_run
        if whole or dry_run:
            await self._at_once(keep_bad_out=whole, dry_run=dry_run)
        else:
            while await self._next_batch():
                pass
        async with self.sessions.begin() as session:
            job = await own(session, self.identity, self.attempt)
            job.state = Progress.MARKING

    async def _next_batch(self) -> bool:
        async with self.sessions.begin() as session:
            job = await own(session, self.identity, self.attempt)
            rows = await queries.pending(session, self.identity, _BATCH)
            if not rows:
                return False
            became = await self._take(session, job, rows)
            await _note(session, job, became)
            _count(job, became)
            return True

    async def _at_once(self, *, keep_bad_out: bool, dry_run: bool) -> None:
        """Everything in one transaction: kept if it may be, undone for a dry run or a refusal."""
        every = Became()
        try:
            async with self.sessions.begin() as session:
                position = -1
                while rows := await self._after(session, position):
                    position = rows[-1].position
                    job = await session.get_one(Import, self.identity)
                    became = await self._take(session, job, rows)
                    every.outcomes |= became.outcomes
                    every.problems += became.problems
                    await session.flush()
                    session.expunge_all()
                    await self._tell(len(every.outcomes))
                if dry_run or (keep_bad_out and every.problems):
                    raise _Undone
                job = await own(session, self.identity, self.attempt)
                await _note(session, job, every)
                _count(job, every)
        except _Undone:
            await self._note_undone(every, refused=keep_bad_out and bool(every.problems))

    async def _note_undone(self, every: Became, *, refused: bool) -> None:
        async with self.sessions.begin() as session:
            job = await own(session, self.identity, self.attempt)
            # What would have become of them was undone with them; no resource was made.
            every.outcomes = {
                position: (outcome, None if outcome is Outcome.CREATED else resource)
                for position, (outcome, resource) in every.outcomes.items()
                if outcome is Outcome.REFUSED or not refused
            }
            await _note(session, job, every)
            _count(job, every)
            if refused:
                job.refuse(
                    "import-has-errors",
                    "按“全部成功或全部不导入”处理：有条目当前不允许修改，未导入任何条目。",
                    "All or nothing was asked for, and some entries cannot be changed now: "
                    "nothing came in.",
                )

    async def _after(self, session: AsyncSession, position: int) -> Sequence[ImportedEntry]:
        statement = (
            select(ImportedEntry)
            .where(
                ImportedEntry.import_id == self.identity,
                ImportedEntry.outcome == Outcome.PENDING,
                ImportedEntry.position > position,
            )
            .order_by(ImportedEntry.position)
            .limit(_BATCH)
        )
        return (await session.scalars(statement)).all()

    async def _tell(self, done: int) -> None:
        """Say how far it has come, where others can see it before the whole is committed."""
        async with self.sessions.begin() as session:
            await session.execute(
                update(Import)
                .where(Import.id == self.identity, Import.attempt == self.attempt)
                .values(done=done)
            )

    async def _take(
        self, session: AsyncSession, job: Import, rows: Sequence[ImportedEntry]
    ) -> Became:
        became = Became()
        bodies = {row.position: EntryBody.model_validate(row.body) for row in rows}
        elements = {element for body in bodies.values() for element in body.elements}
        known = await standards.named(session, elements)
        keys = {row.key for row in rows if row.key is not None}
        resources = await queries.resources_of(session, job.department, keys)
        versions = await catalogue.lock_all(session, set(resources.values()), job.by)
        fresh: list[tuple[ImportedEntry, UUID, Entry]] = []
        for row in rows:
            resource = resources.get(row.key) if row.key is not None else None
            try:
                entry = bodies[row.position].entry(known)
                if resource is None:
                    fresh.append((row, new_id(), entry))
                    continue
                outcome = await self._restate(session, job, versions.get(resource), entry)
                became.outcomes[row.position] = (outcome, resource)
            except Unavailable:
                raise
            except DomainError as refusal:
                became.outcomes[row.position] = (Outcome.REFUSED, resource)
                became.problems.append((row.position, _problem(row, refusal)))
        if fresh:
            await self._begin(session, job, fresh, became)
        return became

    async def _restate(
        self,
        session: AsyncSession,
        job: Import,
        version: ResourceVersion | None,
        entry: Entry,
    ) -> Outcome:
        """Let a resource that is there say this. Raises as usecases.rewrite."""
        if version is None:
            raise catalogue.ResourceUnknown("There is no such resource.")
        if same(version.entry, entry):
            return Outcome.UNCHANGED
        await usecases.rewrite(session, job.by, self.here, version.resource_id, entry, "*")
        return Outcome.CHANGED

    async def _begin(
        self,
        session: AsyncSession,
        job: Import,
        fresh: Sequence[tuple[ImportedEntry, UUID, Entry]],
        became: Became,
    ) -> None:
        """Begin what is new, all in a few statements; a refusal is one of the department's."""
        try:
            begun = await usecases.begin_all(
                session, job.by, self.here, [(made, entry) for _, made, entry in fresh]
            )
        except Unavailable:
            raise
        except DomainError as refusal:
            for row, _, _ in fresh:
                became.outcomes[row.position] = (Outcome.REFUSED, None)
                became.problems.append((row.position, _problem(row, refusal)))
            return
        meant = {row.key: made for row, made, _ in fresh if row.key is not None}
        if meant:
            await _name(session, job.department, meant, begun[0].started_at)
        for row, made, _ in fresh:
            became.outcomes[row.position] = (Outcome.CREATED, made)


async def _name(
    session: AsyncSession, department: UUID, meant: Mapping[str, UUID], at: datetime
) -> None:
    """Let the keys mean these resources. What they meant before has gone to other departments."""
    statement = upsert(ExternalIdentity)
    # Not as one statement of many values, which would be compiled anew for each batch.
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[ExternalIdentity.department, ExternalIdentity.key],
            set_={
                "resource_id": statement.excluded.resource_id,
                "known_since": statement.excluded.known_since,
            },
        ),
        [
            {"department": department, "key": key, "resource_id": resource, "known_since": at}
            for key, resource in meant.items()
        ],
    )


async def _note(session: AsyncSession, job: Import, became: Became) -> None:
    """Write down what became of entries, and what refused some."""
    rows = [
        {
            "import_id": job.id,
            "position": position,
            "outcome": outcome,
            "resource_id": resource,
        }
        for position, (outcome, resource) in became.outcomes.items()
    ]
    if rows:
        await session.execute(update(ImportedEntry), rows)
    if became.problems:
        last = await session.scalar(
            select(func.max(ImportProblem.number)).where(ImportProblem.import_id == job.id)
        )
        first = 0 if last is None else last + 1
        await session.execute(
            insert(ImportProblem),
            [
                problem_row(job.id, first + number, position, problem)
                for number, (position, problem) in enumerate(became.problems)
            ],
        )


def _count(job: Import, became: Became) -> None:
    job.created += became.count(Outcome.CREATED)
    job.changed += became.count(Outcome.CHANGED)
    job.unchanged += became.count(Outcome.UNCHANGED)
    job.bad += became.count(Outcome.REFUSED)
    job.errors += len(became.problems)
    job.done = job.created + job.changed + job.unchanged + job.bad


def _problem(row: ImportedEntry, refusal: DomainError) -> Problem:
    return Problem(
        place=Place(row.sheet, row.cell, row.key),
        field="",
        code=refusal.code,
        zh=_CHINESE,
        en=refusal.detail[:300],
        article=refusal.article,
    )
