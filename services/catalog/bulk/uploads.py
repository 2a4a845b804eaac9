"""A body received whole before anything holds a transaction: bounded, hashed, and on disk."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final, cast

from starlette.requests import ClientDisconnect, Request

from shared.crypto import STANDARD
from shared.errors import BadRequest, TooLarge

LARGEST: Final = 64 << 20
_IN_MEMORY: Final = 1 << 20


class ImportTooLarge(TooLarge):
    """More than one import brings."""

    code = "import-too-large"
    title = "Import too large"


class ImportBroken(BadRequest):
    """The body ended before it was whole."""

    code = "import-broken"
    title = "Import broken"


@dataclass(frozen=True, slots=True)
class Upload:
    """A body that is whole."""

    file: BinaryIO
    size: int
    digest: bytes


@asynccontextmanager
async def received(request: Request, largest: int = LARGEST) -> AsyncIterator[Upload]:
    """The body of the request, for the block. Raises ImportTooLarge and ImportBroken."""
    hasher = STANDARD.hasher()
    size = 0
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        try:
            async for chunk in request.stream():
                size += len(chunk)
                if size > largest:
                    raise ImportTooLarge(
                        f"An import of at most {largest >> 20} MiB is taken; split it."
                    )
                hasher.update(chunk)
                await asyncio.to_thread(file.write, chunk)
        except ClientDisconnect as gone:
            raise ImportBroken("The body ended early; send it again.") from gone
        yield Upload(cast(BinaryIO, file), size, hasher.digest())
