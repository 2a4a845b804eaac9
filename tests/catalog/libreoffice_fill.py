"""Fill in a workbook as a person would in LibreOffice. Run by the Python that LibreOffice uses.

    python3 libreoffice_fill.py PORT FORM FILLED

Opens FORM in the LibreOffice that listens at PORT, types two entries and their items, renames a
sheet, merges and hides, and saves as FILLED. What is typed goes through LibreOffice's own
recognition of numbers and dates, as from a keyboard.
"""

import sys
import time
from pathlib import Path
from typing import Any  # UNO describes itself at run time only

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException

ENTRIES = (
    {
        "编号": "001",
        "信息资源名称": "公共停车场名录",
        "分类-类": "主题信息资源",
        "分类-项": "城乡建设",
        "目录层级": "地方目录",
        "信息资源摘要": "本市公共停车场的名称、地址和车位数。",
        "格式分类": "电子表格",
        "格式类型": "xlsx",
        "共享类型": "无条件共享",
        "共享方式": "共享平台-文件",
        "开放属性": "向社会开放",
        "更新周期": "每月",
    },
    {
        "编号": "1-2",
        "信息资源名称": "公园名录",
        "分类-类": "主题信息资源",
        "分类-项": "城乡建设",
        "目录层级": "地方目录",
        "信息资源摘要": "本市公园的名称。",
        "格式分类": "电子表格",
        "格式类型": "et",
        "共享类型": "无条件共享",
        "共享方式": "共享平台-文件；邮件",
        "开放属性": "向社会开放",
        "更新周期": "每年",
    },
)
ITEMS = (
    ("001", "lot_code", "停车场编号", "字符型C", "20", "是", "是"),
    ("", "lot_name", "停车场名称", "字符型", "100", "否", "是"),
    ("", "spaces", "车位数", "整型", "", "否", "否"),
    ("1-2", "park_name", "公园名称", "字符型", "100", "是", "是"),
)
COLUMNS = ("编号", "信息项代码", "信息项名称", "数据类型", "数据长度", "是否主键", "是否必填")
FIRST = 2
# com.sun.star.util.NumberFormat.TEXT
TEXT = 256


def connected(port: str) -> Any:
    """LibreOffice's desktop, as soon as it listens."""
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext(
        "com.sun.star.bridge.UnoUrlResolver", local
    )
    address = f"uno:socket,host=127.0.0.1,port={port};urp;StarOffice.ComponentContext"
    for _ in range(240):
        try:
            context = resolver.resolve(address)
        except NoConnectException:
            time.sleep(0.5)
        else:
            return context.ServiceManager.createInstanceWithContext(
                "com.sun.star.frame.Desktop", context
            )
    raise TimeoutError("LibreOffice does not listen")


def headed(sheet: Any) -> dict[str, int]:
    """The columns of a sheet by their headings."""
    found: dict[str, int] = {}
    for column in range(40):
        heading = sheet.getCellByPosition(column, 0).getString().lstrip("*")
        if heading:
            found[heading] = column
    return found


def type_into(document: Any, sheet: Any, column: int, row: int, text: str) -> None:
    """Type a text into a cell: one that is formatted as text keeps it, others guess."""
    if not text:
        return
    cell = sheet.getCellByPosition(column, row)
    kind = document.getNumberFormats().getByKey(cell.NumberFormat).Type
    if kind & TEXT:
        cell.setString(text)
    else:
        cell.setFormula(text)


def fill(document: Any) -> None:
    """What the person does."""
    sheets = document.getSheets()
    resources, items = sheets.getByName("信息资源"), sheets.getByName("信息项")
    columns = headed(resources)
    for number, entry in enumerate(ENTRIES):
        for heading, text in entry.items():
            type_into(document, resources, columns[heading], FIRST + number, text)
    columns = headed(items)
    for number, item in enumerate(ITEMS):
        for heading, text in zip(COLUMNS, item, strict=True):
            type_into(document, items, columns[heading], FIRST + number, text)
    items.getCellRangeByPosition(0, FIRST, 0, FIRST + 2).merge(True)
    resources.getRows().getByIndex(FIRST + 1).IsVisible = False
    resources.setName("停管科 2026")


def main() -> None:
    """The command line."""
    port, form, filled = sys.argv[1:]
    desktop = connected(port)
    document = desktop.loadComponentFromURL(
        Path(form).as_uri(), "_blank", 0, (PropertyValue("Hidden", 0, True, 0),)
    )
    fill(document)
    document.storeToURL(
        Path(filled).as_uri(), (PropertyValue("FilterName", 0, "Calc MS Excel 2007 XML", 0),)
    )
    document.close(True)
    desktop.terminate()


if __name__ == "__main__":
    main()
