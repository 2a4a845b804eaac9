"""Work that goes on beside something else, and ends with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Final

_PATIENCE_SECONDS: Final = 2.0


@contextlib.asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let `work` go on for as long as the block runs; at its end it is cancelled and waited for.

    A fault that ended the work before is raised at the end of the block.
    """
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await end(task)


async def end(*tasks: "asyncio.Task[None]") -> None:
    """Cancel tasks until all of them have ended, and raise what else one of them ended by.

    Once may not be enough: `asyncio.wait_for` before Python 3.12 drops a cancellation that comes
    together with the end of what it waits for, and work that tries for ever would go on.
    """
    asked = False
    while going := {task for task in tasks if not task.done()}:
        for task in going:
            task.cancel()
        try:
            await asyncio.wait(going, timeout=_PATIENCE_SECONDS)
        except asyncio.CancelledError:
            # Whoever is in a hurry waits as well: nothing is left behind that still goes on.
            asked = True
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            task.result()
    if asked:
        raise asyncio.CancelledError


async def together(*works: Coroutine[Any, Any, None]) -> None:
    """Let these go on until one of them fails or the caller is cancelled, then end all of them."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        await end(*tasks)
