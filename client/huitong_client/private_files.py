"""Files that hold a secret: read only where nobody else can."""

import os
import stat
from pathlib import Path

from huitong_client.errors import NotLoggedIn


def read(path: Path) -> bytes | None:
    """What the file holds, None where there is none. Raises NotLoggedIn where others could read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotLoggedIn("profile-unreadable", path=path) from error
    with os.fdopen(handle, "rb") as file:
        # The open file is looked at, not its name: a name can be exchanged in between.
        found = os.fstat(file.fileno())
        if stat.S_IMODE(found.st_mode) & 0o077 or found.st_uid != os.geteuid():
            raise NotLoggedIn("profile-open", path=path)
        return file.read()
