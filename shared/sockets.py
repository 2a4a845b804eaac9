"""Unix socket paths that work at any depth of folders.

The kernel takes at most 107 characters. A longer path is reached through an open handle on
its folder: /proc/self/fd/N/name (Linux).
"""

import os
from functools import cache
from pathlib import Path

_LIMIT = 107


@cache
def short_folder(folder: str) -> str:
    """A name for `folder`, valid in this process, that leaves room for a socket's name."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)  # Kept open for the process's life.
    return f"/proc/self/fd/{handle}"


def short(path: str | Path) -> str:
    """`path` itself where it fits into a socket address, else a name that does."""
    text = str(path)
    if len(os.fsencode(text)) <= _LIMIT:
        return text
    folder, name = os.path.split(os.path.abspath(text))
    return f"{short_folder(folder)}/{name}"
