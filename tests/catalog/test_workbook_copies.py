"""The annotated copy: every cell where it was, the bad ones coloured and explained."""

import io
from zipfile import ZipFile

import pytest

from services.catalog.bulk.found import Found
from services.catalog.mappings.translation import NONE
from services.catalog.workbook import reading
from services.catalog.workbook.media import XLSX
from shared.workbooks.cells import Row, rows
from shared.workbooks.package import Package
from tests.catalog.imports import hand_in, problems, result
from tests.catalog.spreadsheets import HEADINGS, number, row, sheet, text, texts, workbook
from tests.catalog.world import World, refused


def sheets(body: bytes) -> dict[str, list[Row]]:
    """The rows of every sheet."""
    with Package(io.BytesIO(body)) as package:
        return {found.name: list(rows(package, found.part)) for found in package.sheets}


@pytest.mark.duty("D03", "baoji-2017 §9")
async def test_the_copy_marks_each_bad_cell_and_says_why(world: World) -> None:
    body = workbook(
        {
            "一科": sheet(
                texts(1, "市监局目录"),
                texts(3, *HEADINGS),
                row(4, text("A4", "A"), text("B4", "市场监管平台"), number("F4", "1")),
                texts(5, "B", "公共停车场名录", "", "免费"),
            )
        }
    )
    job = await result(world, await hand_in(world, body))
    answer = await world.as_(world.compiler).get(f"/v1/imports/{job['id']}/workbook")
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX)
    assert "attachment" in answer.headers["content-disposition"]
    copied = sheets(answer.content)["一科"]
    original = sheets(body)["一科"]
    explained = {r.number: r.cells.pop(6).text for r in copied if 6 in r.cells}
    assert [(r.number, {n: c.text for n, c in r.cells.items()}) for r in copied] == [
        (r.number, {n: c.text for n, c in r.cells.items()}) for r in original
    ]
    assert explained[3] == "错误说明"
    assert "而不是承载它的信息系统" in explained[4]
    assert "共享类型" in explained[5]
    with ZipFile(io.BytesIO(answer.content)) as parts:
        comments = parts.read("xl/comments1.xml").decode()
    bad = {p["cell"] for p in await problems(world, job)}
    assert {"B4", "F4", "D5"} <= bad
    assert all(f'ref="{cell}"' in comments for cell in bad)
    assert "baoji-2017 §8" in comments


async def test_a_copy_that_is_mended_comes_in(world: World) -> None:
    body = workbook({"x": sheet(texts(1, *HEADINGS), texts(2, "A", "公共停车场名录", "", "免费"))})
    job = await result(world, await hand_in(world, body))
    answer = await world.as_(world.compiler).get(f"/v1/imports/{job['id']}/workbook")
    # The column of explanations is unknown to the reader and changes nothing.
    every = reading.read(io.BytesIO(answer.content), NONE)
    (found,) = [each for each in every if isinstance(each, Found)]
    assert (found.key, found.told) == ("A", {"name": "公共停车场名录"})


async def test_there_is_no_copy_where_nothing_was_wrong_or_nothing_could_be_read(
    world: World,
) -> None:
    job = await result(world, await hand_in(world, b"PK\x03\x04 no workbook"))
    assert (job["state"], job["reason"]["code"]) == ("refused", "workbook-unreadable")
    answer = await world.as_(world.compiler).get(f"/v1/imports/{job['id']}/workbook")
    refused(answer, 404, "import-copy-missing")
