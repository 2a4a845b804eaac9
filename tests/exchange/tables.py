"""Tables for the tests: items, and files as messy as real ones, with what must come of them."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl
import xlsxwriter
from stdnum.cn import uscc

from services.exchange.decoding import Decoding
from services.exchange.tables.formats import PLAIN_CSV, Content, Format
from services.exchange.tables.intake import Intake, Source, Taken
from services.exchange.tables.items import UNBOUND, Bindings, Item, ItemType
from services.exchange.tables.reasons import Rule, Severities, Severity
from services.exchange.tables.shelf import BOUNDS, Bounds, Scratch, Shelf
from shared.crypto import STANDARD

Cell = str | float | bool | date | None
FLAGGING = Severities({(Rule.CHECK_CHARACTER, None): Severity.FLAG})
ENTERPRISES = [
    Item(code="name", name="企业名称", type=ItemType.CHARACTER, length=200),
    Item(code="uscc", name="统一社会信用代码", type=ItemType.CHARACTER, length=18, key=True),
    Item(code="registered", name="注册日期", type=ItemType.DATE),
    Item(code="capital", name="注册资金", type=ItemType.CHARACTER, length=64),
    Item(code="city", name="地区", type=ItemType.CHARACTER, length=32),
]
HEADER = ",".join(item.name for item in ENTERPRISES)


def credit_code(number: int) -> str:
    """A correct credit code, a different one for each number."""
    body = f"91320{number % 900 + 100:03d}{number:09d}"
    return body + uscc.calc_check_digit(body)


def line(number: int, *, code: str | None = None, city: str = "苏州") -> str:
    """A good row, as a line."""
    capital = f'"{number % 90 + 1},000(万元人民币)"'
    day = f"2002-{number % 12 + 1}-1"
    return f"第{number}贸易有限公司,{code or credit_code(number)},{day},{capital},{city}"


def messy(good: int) -> tuple[bytes, dict[Rule, list[int]]]:
    """A file with `good` good rows and some of each fault, and the line numbers of the faults."""
    lines = [HEADER]
    faults: dict[Rule, list[int]] = {rule: [] for rule in Rule}
    for number in range(good):
        lines.append(line(number))
        at = len(lines) + 1
        if number % 50 == 7:
            faults[Rule.FIELDS].append(at)
            lines.append(f"只有三个字段,{credit_code(10**6 + number)},2002-01-01")
        elif number % 50 == 17:
            # Damaged, and its code is wrong too: the first reason counts.
            faults[Rule.DAMAGED].append(at)
            lines.append(f"太仓\ufffd\ufffd厂,{number:018d},2002-01-01,1,苏州")
        elif number % 50 == 27:
            faults[Rule.CHECK_CHARACTER].append(at)
            right = credit_code(2 * 10**6 + number)
            lines.append(line(number, code=right[:-1] + ("0" if right[-1] != "0" else "1")))
        elif number % 50 == 37:
            faults[Rule.CHECK_CHARACTER].append(at)
            lines.append(line(number, code=f"3205826{number:08d}"))
        elif number % 50 == 47:
            faults[Rule.QUOTES].append(at)
            lines.append(f'引号"未闭合,"{credit_code(number)}"x,2002-01-01,1,苏州')
    return "\n".join(lines).encode(), faults


def zipped(data: bytes, name: str = "企业.csv") -> bytes:
    """A ZIP with `data` in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def workbook(rows: Sequence[Sequence[Cell]], sheet: str = "企业", hidden: str = "") -> bytes:
    """An XLSX with the rows on a sheet, and a hidden one before it if that has a name."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        if hidden:
            book.add_worksheet(hidden).hide()
        made = book.add_worksheet(sheet)
        if hidden:
            made.activate()
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    made.write_datetime(row, column, cell, day)
                elif isinstance(cell, str) and not cell.startswith("="):
                    made.write_string(row, column, cell)
                elif cell is not None:
                    made.write(row, column, cell)
    return out.getvalue()


class Desk:
    """A shelf and what a batch needs, in a folder of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.shelf = Shelf(folder / "shelf", STANDARD.new_key(), STANDARD)
        self.scratch = Scratch(folder / "scratch", STANDARD)

    def take(
        self,
        data: bytes,
        items: Sequence[Item] = ENTERPRISES,
        severities: Severities | None = None,
        *,
        delta: bool = False,
        bounds: Bounds = BOUNDS,
        content: Content = PLAIN_CSV,
        bindings: Bindings = UNBOUND,
    ) -> Taken:
        """Take `data` in."""
        intake = Intake(
            items,
            severities or Severities(),
            delta=delta,
            bindings=bindings,
            shelf=self.shelf,
            scratch=self.scratch,
            bounds=bounds,
        )
        file = io.BytesIO(data)
        if content.format is Format.PARQUET:
            with Decoding(file, len(data), bounds.unpacked) as decoded:
                return intake.take(Source(file, len(data), content, decoded))
        return intake.take(Source(file, len(data), content))

    def rows(self, taken: Taken) -> pl.DataFrame:
        """The accepted rows."""
        return pl.concat([self.shelf.get(part) for part in taken.parts])

    def findings(self, taken: Taken) -> pl.DataFrame:
        """The reject report."""
        frames = []
        for part in taken.report:
            with self.shelf.open(part.digest) as reader:
                frames.append(pl.read_ndjson(reader.read_at(0, reader.size)))
        return pl.concat(frames)
