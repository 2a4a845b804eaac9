"""Workbooks as other programs write them, and as nobody should: made part by part."""

import io
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="176" '
    'formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts>'
    '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="176"/></cellXfs>'
    "</styleSheet>"
)

Cells = Mapping[str, str]
HEADINGS = (
    "编号",
    "信息资源名称",
    "信息资源摘要",
    "共享类型",
    "更新周期",
    "分类-目",
)


def text(reference: str, value: str) -> str:
    """A cell that holds its text itself."""
    return (
        f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    )


def number(reference: str, value: str, style: int = 0) -> str:
    """A cell that holds a number, shown in a style."""
    return f'<c r="{reference}" s="{style}"><v>{value}</v></c>'


def row(position: int, *cells: str, hidden: bool = False) -> str:
    """A row of cells."""
    shade = ' hidden="1"' if hidden else ""
    return f'<row r="{position}"{shade}>{"".join(cells)}</row>'


def texts(position: int, *values: str) -> str:
    """A row of texts from column A on; empty ones are left out."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return row(
        position,
        *(text(f"{letters[n]}{position}", value) for n, value in enumerate(values) if value),
    )


def sheet(*rows: str, merged: Sequence[str] = (), namespace: str = MAIN) -> str:
    """The XML of a sheet."""
    merges = "".join(f'<mergeCell ref="{reference}"/>' for reference in merged)
    after = f"<mergeCells>{merges}</mergeCells>" if merged else ""
    return (
        f'<worksheet xmlns="{namespace}"><sheetData>{"".join(rows)}</sheetData>{after}</worksheet>'
    )


def workbook(
    sheets: Mapping[str, str],
    *,
    strings: str | None = None,
    hidden: Sequence[str] = (),
    extra: Mapping[str, bytes] | None = None,
    book: str = "",
) -> bytes:
    """An XLSX package of these sheets; `book` stands at the beginning of the workbook part."""
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"'
        f"{' state=' + chr(34) + 'hidden' + chr(34) if name in hidden else ''}/>"
        for n, name in enumerate(sheets, start=1)
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    relations += f'<Relationship Id="rIdS" Type="{OFFICE}/styles" Target="/xl/styles.xml"/>'
    if strings is not None:
        relations += (
            f'<Relationship Id="rIdT" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        )
    parts: dict[str, bytes] = {
        "_rels/.rels": (
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" '
            f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ).encode(),
        "xl/workbook.xml": (
            f'{book}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
            f"<sheets>{listed}</sheets></workbook>"
        ).encode(),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{PACKAGE}">{relations}</Relationships>'
        ).encode(),
        "xl/styles.xml": STYLES.encode(),
        **{
            f"xl/worksheets/sheet{n}.xml": xml.encode()
            for n, xml in enumerate(sheets.values(), start=1)
        },
        **({"xl/sharedStrings.xml": strings.encode()} if strings is not None else {}),
        **(extra or {}),
    }
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return file.getvalue()
