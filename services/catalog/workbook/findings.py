"""What can be wrong with a workbook beside its single values, said in both languages.

Pure: no database, no HTTP, no clock.
"""

from collections.abc import Iterator

from services.catalog.bulk.found import Found, Place, Problem, Severity
from services.catalog.workbook.headings import Headings, Table
from services.catalog.workbook.layout import ITEMS, KEY
from shared.workbooks.cells import Row, letters
from shared.workbooks.package import Sheet


def row_place(sheet: Sheet, row: Row, headings: Headings) -> Place:
    """Where a row is pointed at: its key cell, or its first of ours."""
    columns = [number for number, column in headings.items() if column.path == KEY]
    first = columns[0] if columns else min(headings, default=0)
    cell = row.cells.get(first)
    return Place(sheet.name, f"{letters(first)}{row.number}").holding(cell.text if cell else None)


def about(sheet: Sheet, table: Table) -> Iterator[Problem]:
    """What the headings of a sheet lack, and what they have that nobody reads."""
    for column in table.missing:
        yield Problem(
            place=Place(sheet.name, f"A{table.row}"),
            field=column.path,
            code="column-missing",
            zh=f"缺少“{column.zh}”列，该字段按空值处理。",
            en=f"There is no column {column.path}; the field is taken as empty.",
            severity=Severity.WARNING,
        )
    for number, cell in table.unknown.items():
        yield Problem(
            place=Place(sheet.name, f"{letters(number)}{table.row}").holding(cell.text),
            field="",
            code="column-unknown",
            zh="不认识这一列，未读取；其他产品的列名须通过代码映射导入。",
            en="This column is unknown and was not read; a mapping can say what it means.",
            severity=Severity.WARNING,
        )


def hidden_sheet(sheet: Sheet) -> Problem:
    """A sheet of ours that nobody sees is not read."""
    return Problem(
        place=Place(sheet.name, "A1"),
        field="",
        code="hidden-sheet",
        zh="隐藏的工作表未读取；需要时请取消隐藏。",
        en="A hidden sheet was not read; show it if it belongs to this.",
        severity=Severity.WARNING,
    )


def hidden_row(place: Place, field: str = "") -> Problem:
    """A hidden row is read like any other, and said to be hidden."""
    return Problem(
        place=place,
        field=field,
        code="hidden-row",
        zh="这一行被隐藏（或被筛选掉），但同样已读取；不需要时请删除该行。",
        en="This row is hidden or filtered away and was read all the same; delete it if unwanted.",
        severity=Severity.WARNING,
    )


def lost_item(sheet: Sheet, row: Row, code: str) -> Problem:
    """An item whose entry is not named, or not in the workbook."""
    first = min(row.cells)
    place = Place(sheet.name, f"{letters(first)}{row.number}").holding(row.cells[first].text)
    if code == "item-without-entry":
        zh, en = "未填写所属条目的编号。", "The entry that the item belongs to is not named."
    else:
        zh = "编号在“信息资源”表中不存在，或该编号重复。"
        en = "No row of the resources, or more than one, has this identifier."
    return Problem(place=place, field=ITEMS, code=code, zh=zh, en=en)


def repeated(found: Found, before: Place) -> Problem:
    """An identifier that stood above already."""
    return Problem(
        place=found.place,
        field=KEY,
        code="key-repeated",
        zh=f"编号与 {before.sheet} 表 {before.cell} 重复。",
        en=f"The identifier stood at {before.cell} already.",
    )


def key_missing(place: Place) -> Problem:
    """A row without identifier."""
    return Problem(
        place=place,
        field=KEY,
        code="key-missing",
        zh="未填写编号；请填写本部门自定的编号，重复导入时据此识别同一条目。",
        en="Give the entry an identifier of your own; the same again means the same entry.",
    )
