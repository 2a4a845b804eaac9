"""The reject report on disk: findings as JSON lines, in sealed pieces, in the order of lines."""

from io import BytesIO

import polars as pl

from services.exchange.tables.shelf import Part, Shelf


class ReportWriter:
    """Gathers findings into pieces of a bounded size."""

    PIECE = 16 << 20

    def __init__(self, shelf: Shelf) -> None:
        self.parts: list[Part] = []
        self._shelf = shelf
        self._buffer = BytesIO()
        self._rows = 0

    def add(self, findings: pl.DataFrame) -> None:
        """Append findings (see `checks.FINDINGS`)."""
        if not findings.height:
            return
        findings.write_ndjson(self._buffer)
        self._rows += findings.height
        if self._buffer.tell() >= self.PIECE:
            self.flush()

    def flush(self) -> None:
        """Write what has gathered."""
        if self._rows:
            self.parts.append(self._shelf.put_bytes(self._buffer.getbuffer(), self._rows))
        self._buffer, self._rows = BytesIO(), 0
