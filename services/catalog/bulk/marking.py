"""The end of an import: its annotated copy is kept, what was handed in is let go."""

import asyncio
import tempfile
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, insert, select

from services.catalog.bulk import queries
from services.catalog.bulk.models import (
    Import,
    ImportCopyPart,
    ImportedEntry,
    ImportPart,
    ImportProblem,
    Progress,
    Way,
)
from services.catalog.bulk.staging import fetch, own
from services.catalog.bulk.usecases import PIECE
from services.catalog.workbook import copies
from shared.db import Sessions
from shared.outbox import emit
from shared.workbooks.package import NotAWorkbook

KEPT: Final = timedelta(days=30)


async def finish(sessions: Sessions, identity: UUID, attempt: int, at: datetime) -> None:
    """Make the annotated copy where there is something to mark, and end the import.

    Raises Overtaken.
    """
    async with sessions() as session:
        job = await session.get_one(Import, identity)
        marks: copies.Marks = {}
        if job.way is Way.WORKBOOK and (job.errors or job.warnings):
            found = [problem async for problem in queries.all_problems(session, identity)]
            marks = copies.marks(found)
    with tempfile.TemporaryFile() as copy:
        if marks:
            with tempfile.TemporaryFile() as file:
                await fetch(sessions, identity, file)
                try:
                    await asyncio.to_thread(copies.write, file, marks, copy)
                except NotAWorkbook:
                    # It was refused as such, and there is nothing to copy.
                    copy.truncate(0)
            copy.seek(0)
        async with sessions.begin() as session:
            job = await own(session, identity, attempt)
            position = 0
            while piece := copy.read(PIECE):
                row = {"import_id": identity, "position": position, "body": piece}
                await session.execute(insert(ImportCopyPart).values(row))
                position += 1
            await session.execute(delete(ImportPart).where(ImportPart.import_id == identity))
            emit(session, job.end(_result(job), at))


async def fail(sessions: Sessions, identity: UUID, at: datetime) -> None:
    """End an import that failed again and again; what of it was committed stays."""
    async with sessions.begin() as session:
        job = await queries.lock(session, identity)
        if job is not None and job.ended_at is None:
            job.refuse(
                "platform-fault",
                "平台故障，导入未能完成，请重新提交；已导入的条目见导入结果。",
                "A fault of the platform: hand it in again. What came in is listed.",
            )
            await session.execute(delete(ImportPart).where(ImportPart.import_id == identity))
            emit(session, job.end(Progress.FAILED, at))


async def forget(sessions: Sessions, at: datetime) -> None:
    """Remove reports and copies of imports that ended long ago; the imports themselves stay."""
    async with sessions.begin() as session:
        old = select(Import.id).where(Import.ended_at < at - KEPT)
        for table in (ImportCopyPart, ImportProblem, ImportedEntry):
            await session.execute(delete(table).where(table.import_id.in_(old)))


def _result(job: Import) -> Progress:
    if job.reason is not None:
        return Progress.REFUSED
    return Progress.CHECKED if job.dry_run else Progress.APPLIED
