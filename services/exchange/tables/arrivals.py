"""A batch's bytes made blocks of records, whatever format and packing they came in."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO

from services.exchange.tables import columns, encodings
from services.exchange.tables.columns import Decoded
from services.exchange.tables.formats import Content, Format, Packing
from services.exchange.tables.items import Item, known_cells, match_header
from services.exchange.tables.jsonlines import JsonLines
from services.exchange.tables.lines import LONGEST_RECORD, Block, Splitter, find_header
from services.exchange.tables.packing import Unpacked
from services.exchange.tables.sheets import SheetReader
from services.exchange.tables.shelf import Bounds

_READ = 1 << 20


class Arrival:
    """One batch as it came. `size` is about how many bytes of text it is.

    Raises BatchRefused where it cannot be unpacked or opened.
    """

    def __init__(
        self,
        file: BinaryIO,
        size: int,
        content: Content,
        bounds: Bounds,
        decoded: Decoded | None = None,
    ) -> None:
        self._bounds = bounds
        self._charset = content.charset
        self.size = size
        self._format = content.format or Format.CSV
        self._sheet: SheetReader | None = None
        self._decoded = decoded
        if decoded is not None:
            self._bytes, self.size = _nothing(), decoded.size
        elif content.format is Format.XLSX:
            self._sheet = SheetReader(file, content.sheet)
            self._bytes, self.size = _nothing(), self._sheet.size
        elif content.packing is Packing.NONE:
            self._bytes = _pieces(file, min(_READ, bounds.block))
        else:
            unpacked = Unpacked(file, size, content.packing, bounds.unpacked)
            self._bytes, self.size = unpacked.pieces(), unpacked.size
            self._format = content.format or unpacked.format or Format.CSV

    def blocks(self, items: Sequence[Item], *, delta: bool) -> Iterator[Block]:
        """Its records, block by block. Raises BatchRefused where it does not fit the items."""
        if self._decoded is not None:
            return columns.blocks(self._decoded, items, delta=delta)
        if self._sheet is not None:
            return self._sheet.blocks(items, self._bounds.block, delta=delta)
        text = encodings.to_utf8(self._bytes, self._charset)
        if self._format is Format.JSON_LINES:
            return JsonLines(items, delta=delta).blocks(text, self._bounds.block)
        return _csv(text, items, self._bounds.block, delta=delta)


def _csv(
    chunks: Iterator[bytes], items: Sequence[Item], block: int, *, delta: bool
) -> Iterator[Block]:
    head = bytearray()
    for chunk in chunks:
        head += chunk
        if len(head) >= LONGEST_RECORD:
            break
    header = find_header(bytes(head), lambda cells: known_cells(cells, items))
    codes = match_header(header.cells, items, delta=delta)
    rest = chain([bytes(head[header.size :])], chunks)
    return Splitter(header, codes).blocks(rest, block)


def _nothing() -> Iterator[bytes]:
    return iter(())


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(size):
        yield piece
