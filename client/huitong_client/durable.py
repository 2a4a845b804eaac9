"""Files that are either wholly there or not at all, also after the power failed."""

import os
from pathlib import Path


def write(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Put `data` at `path` in one step; `mode` is narrowed by the umask.

    Whoever reads sees the old bytes or the new ones. OSError leaves the old ones.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        settle(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def settle(draft: Path, path: Path) -> None:
    """Give an already synced file its final name, and make the name itself durable."""
    draft.replace(path)
    # The name lives in the folder: until the folder is synced, a power cut can take it back.
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
