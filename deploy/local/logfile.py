"""A log file that is turned over when it is full."""

import os
from pathlib import Path

FULL = 16 * 1024 * 1024
KEPT = 4


class LogFile:
    """Appends to `path`; when it is full it becomes `path.1`, that becomes `path.2`, and so on."""

    def __init__(self, path: Path, full: int = FULL, kept: int = KEPT) -> None:
        self._path = path
        self._full = full
        self._kept = kept
        self._file = self._open()

    def _open(self) -> int:
        return os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)

    def write(self, data: bytes) -> None:
        """Append `data`; turn over afterwards, so that nothing is torn between two files.

        A full disk costs lines of the log, never the process that wrote them.
        """
        try:
            while data:
                data = data[os.write(self._file, data) :]
            self._turn_over_when_full()
        except OSError:
            return

    def _turn_over_when_full(self) -> None:
        if os.fstat(self._file).st_size < self._full:
            return
        for number in range(self._kept - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        self._path.replace(self._numbered(1))
        os.close(self._file)
        self._file = self._open()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
