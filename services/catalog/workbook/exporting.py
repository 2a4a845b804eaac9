"""A department's entries taken out in the form of the workbook."""

import asyncio
from typing import BinaryIO, Final

from services.catalog.bulk import queries as imports
from services.catalog.installation import Installation
from services.catalog.workbook import queries
from services.catalog.workbook.reading import MOST_ENTRIES
from services.catalog.workbook.template import Form
from services.catalog.workflow import State
from shared.db import Sessions
from shared.errors import Conflict
from shared.principal import Principal

_BATCH: Final = 200


class ExportTooLarge(Conflict):
    """More entries than one workbook holds."""

    code = "export-too-large"
    title = "Export too large"


async def export(
    sessions: Sessions, by: Principal, here: Installation, state: State | None, file: BinaryIO
) -> None:
    """Write the department's entries, each under its own identifier or else the platform's id.

    No transaction is held while the workbook is written. Raises ExportTooLarge.
    """
    async with sessions() as session:
        if await queries.count(session, by, state) > MOST_ENTRIES:
            raise ExportTooLarge(
                f"More than {MOST_ENTRIES} entries; take out one state at a time (`state`)."
            )
    form = await asyncio.to_thread(Form, file, here.act(by).rulebook)
    try:
        after = None
        while True:
            async with sessions() as session:
                versions = await queries.latest(session, by, state, after, _BATCH)
                keys = await imports.keys_of(session, [v.resource_id for v in versions])
            if not versions:
                break
            after = versions[-1].resource_id
            rows = [(keys.get(v.resource_id, str(v.resource_id)), v.entry) for v in versions]
            await asyncio.to_thread(form.add, rows)
    finally:
        await asyncio.to_thread(form.close)
