"""The workbook written: the empty template, and the same form filled with entries.

Every cell is formatted as text, so that no spreadsheet program makes a number, a date or a
formula of a code; words come from drop-downs whose lists stand on a hidden sheet.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import BinaryIO, Final

import xlsxwriter
from pydantic import JsonValue, TypeAdapter

from services.catalog.entry import Entry
from services.catalog.workbook import rulebook as ruled
from services.catalog.workbook.layout import (
    ITEM_COLUMNS,
    ITEMS,
    KEY,
    RESOURCE_COLUMNS,
    SEPARATOR,
    Column,
    Kind,
)
from services.catalog.workbook.rulebook import Demand
from services.catalog.workbook.words import NO, YES, word
from shared.rulebooks import Rulebook
from shared.workbooks.cells import letters

GUIDANCE: Final = "填写说明"
RESOURCES: Final = "信息资源"
OF_ITEMS: Final = "信息项"
CODES: Final = "代码表"
_LISTS: Final = "_lists"
# How far drop-downs reach: as many rows as an import takes.
_LAST_ROW: Final = {RESOURCES: 10_001, OF_ITEMS: 200_001}
_HEADING_ROWS: Final = 2
# The built-in format "@": what is typed stays what was typed.
AS_TEXT: Final = 49
OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_ENTRY: Final = TypeAdapter(Entry)
_HOW: Final = (
    (
        "在“信息资源”表每行填一个条目，在“信息项”表每行填一个信息项；两表用“编号”对应。",
        "One row an entry on the sheet 信息资源, one row an item on 信息项, joined by 编号.",
    ),
    (
        "编号由本部门自定，再次导入时编号相同即为同一条目：内容未变的不动，有变化的生成新的草稿版本。",
        "编号 is your own: the same again means the same entry. What says the same stays "
        "untouched; what says something else becomes a new draft version.",
    ),
    (
        "一行就是条目的全部内容：留空的字段视为清空。",
        "A row says the whole of an entry: what is left empty is emptied.",
    ),
    (
        "有下拉列表的单元格请选择；可多选的用“；”分隔，写法见“代码表”。",
        "Choose where there is a drop-down; where several are allowed, separate them by ；.",
    ),
    (
        "单元格均为文本格式，请勿改为数值或日期，勿用公式；可以移动列、改工作表名，勿改表头。",
        "All cells are text: make none a number, date or formula. Columns may be moved and sheets "
        "renamed; leave the headings.",
    ),
    (
        "信息资源代码、提供方名称、统一社会信用代码和发布日期由平台填写。",
        "The platform itself adds code, provider, credit code and date of publication.",
    ),
)


class Form:
    """A workbook in the making: the empty form, then entries as they are added, then closed.

    Rows leave memory as they are written, each entry's on the sheet of resources and its items'
    on the sheet of items.
    """

    def __init__(self, file: BinaryIO, rulebook: Rulebook) -> None:
        self._book = book = xlsxwriter.Workbook(file, OPTIONS)
        self._rulebook = rulebook
        self._demands = ruled.demanded(rulebook)
        self._text = book.add_format({"num_format": AS_TEXT, "valign": "top"})
        wrapped = {"text_wrap": True, "valign": "top"}
        self._wrapped = book.add_format(wrapped)
        self._bold = book.add_format({"bold": True, **wrapped})
        heading = {"bold": True, "border": 1, "valign": "top", "num_format": AS_TEXT}
        self._heading = book.add_format({**heading, "bg_color": "#DDEBF7"})
        self._required = book.add_format({**heading, "bg_color": "#FCE4D6"})
        self._path = book.add_format({"font_color": "#808080", "num_format": AS_TEXT})
        guidance = book.add_worksheet(GUIDANCE)
        self._resources = self._sheet(RESOURCES, RESOURCE_COLUMNS)
        self._items = self._sheet(OF_ITEMS, ITEM_COLUMNS)
        lists = self._lists()
        self._choices(self._resources, RESOURCES, RESOURCE_COLUMNS, lists)
        self._choices(self._items, OF_ITEMS, ITEM_COLUMNS, lists)
        self._guide(guidance)
        self._resources.activate()
        self._row_of_resources = self._row_of_items = _HEADING_ROWS

    def add(self, entries: Iterable[tuple[str, Entry]]) -> None:
        """Fill in entries, each under its identifier."""
        for key, entry in entries:
            told = _ENTRY.dump_python(entry, mode="json")
            self._row(self._resources, self._row_of_resources, RESOURCE_COLUMNS, {**told, KEY: key})
            self._row_of_resources += 1
            for item in told[ITEMS]:
                self._row(self._items, self._row_of_items, ITEM_COLUMNS, {**item, KEY: key})
                self._row_of_items += 1

    def close(self) -> None:
        """Write what is still to be written."""
        self._book.close()

    def _sheet(self, name: str, columns: Sequence[Column]) -> xlsxwriter.worksheet.Worksheet:
        sheet = self._book.add_worksheet(name)
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width, self._text)
            demand = ruled.is_demanded(column, self._demands)
            title = f"*{column.zh}" if demand else column.zh
            sheet.write_string(0, number, title, self._required if demand else self._heading)
        for number, column in enumerate(columns):
            sheet.write_string(1, number, column.path, self._path)
        sheet.freeze_panes(_HEADING_ROWS, 2)
        return sheet

    def _lists(self) -> dict[type[StrEnum] | None, str]:
        """The visible code lists, and the hidden lists of the drop-downs; ranges by code list."""
        kinds = sorted(
            {c.leaf.codes for c in (*RESOURCE_COLUMNS, *ITEM_COLUMNS) if c.leaf.codes},
            key=lambda kind: kind.__name__,
        )
        self._code_lists()
        sheet = self._book.add_worksheet(_LISTS)
        sheet.hide()
        words: list[list[str]] = [[YES, NO], *([word(m) for m in kind] for kind in kinds)]
        for row in range(max(map(len, words))):
            for number, column in enumerate(words):
                if row < len(column):
                    sheet.write_string(row, number, column[row])
        keys: list[type[StrEnum] | None] = [None, *kinds]
        return {
            kind: f"={_LISTS}!${letters(n)}$1:${letters(n)}${len(words[n])}"
            for n, kind in enumerate(keys)
        }

    def _code_lists(self) -> None:
        sheet = self._book.add_worksheet(CODES)
        sheet.set_column(0, 1, 26)
        sheet.set_column(2, 2, 34)
        for number, title in enumerate(("字段 Field", "取值 Word", "代码 Value")):
            sheet.write_string(0, number, title, self._heading)
        row = 1
        for column in (*RESOURCE_COLUMNS, *ITEM_COLUMNS):
            for member in column.leaf.codes or ():
                sheet.write_string(row, 0, column.zh)
                sheet.write_string(row, 1, word(member))
                sheet.write_string(row, 2, member.value)
                row += 1

    def _choices(
        self,
        sheet: xlsxwriter.worksheet.Worksheet,
        name: str,
        columns: Sequence[Column],
        lists: dict[type[StrEnum] | None, str],
    ) -> None:
        for number, column in enumerate(columns):
            leaf = column.leaf
            if leaf.kind in (Kind.CODE, Kind.FLAG):
                told = {
                    "validate": "list",
                    "source": lists[leaf.codes],
                    # A warning and no wall: what a mapping translates may stand here too.
                    "error_type": "warning",
                    "error_title": column.zh[:32],
                    "error_message": "请从下拉列表中选择。Choose from the list.",
                }
                sheet.data_validation(_HEADING_ROWS, number, _LAST_ROW[name], number, told)

    def _guide(self, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        for number, width in enumerate((24, 26, 60, 60, 24)):
            sheet.set_column(number, number, width, self._wrapped)
        for row, cells in enumerate(self._guidance()):
            style = self._bold if row == 0 or cells[0].startswith("■") else self._wrapped
            for number, text in enumerate(cells):
                if text:
                    sheet.write_string(row, number, text, style)

    def _guidance(self) -> Iterator[tuple[str, ...]]:
        book = self._rulebook
        yield f"政务信息资源目录离线编制工作簿 · {book.title}（{book.id} {book.version}）", ""
        yield "■ 怎样填写", "", "", "How to fill it in"
        for zh, en in _HOW:
            yield "", "", zh, en
        yield "■ 规章要求", "", "", "What the rulebook asks for", "条款 Article"
        for zh, en, article in ruled.notes(book):
            yield "", "", zh, en, article
        for title, columns in ((RESOURCES, RESOURCE_COLUMNS), (OF_ITEMS, ITEM_COLUMNS)):
            yield f"■ {title}", "字段 Field", "填写要求", "Meaning", "条款 Article"
            for column in columns:
                demand = ruled.is_demanded(column, self._demands)
                yield (
                    column.zh,
                    column.path,
                    _what(column, demand),
                    column.leaf.description,
                    (demand.article or "") if demand else "",
                )

    def _row(
        self,
        sheet: xlsxwriter.worksheet.Worksheet,
        row: int,
        columns: Sequence[Column],
        told: dict[str, JsonValue],
    ) -> None:
        for number, column in enumerate(columns):
            text = shown(column, _at(told, column.path))
            if text:
                sheet.write_string(row, number, text, self._text)


def shown(column: Column, value: JsonValue) -> str:
    """The value as the cell shows it."""
    codes = column.leaf.codes
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, list):
        return SEPARATOR.join(shown(column, piece) for piece in value)
    if codes is not None:
        return word(codes(str(value)))
    return str(value)


def _at(told: JsonValue, path: str) -> JsonValue:
    for step in path.split("."):
        if not isinstance(told, dict):
            return None
        told = told.get(step)
    return told


def _what(column: Column, demand: Demand | None) -> str:
    kinds = {
        Kind.TEXT: "文本",
        Kind.NUMBER: "整数",
        Kind.FLAG: f"{YES}或{NO}",
        Kind.CODE: "从下拉列表选择",
        Kind.CODES: f"可多选，用“{SEPARATOR}”分隔，取值见“{CODES}”",
        Kind.TEXTS: f"可填多个，用“{SEPARATOR}”分隔",
        Kind.DATE: "日期，如 2026-03-01",
    }
    return f"{'必填' if demand else '选填'}；{kinds[column.leaf.kind]}"
