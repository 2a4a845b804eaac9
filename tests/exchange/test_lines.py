"""CSV bytes become records as Python's own reader would see them, whatever the blocks."""

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.exchange.tables.encodings import to_utf8
from services.exchange.tables.lines import Block, Splitter, find_header
from services.exchange.tables.reasons import Rule
from services.exchange.tables.refusals import BatchRefused

CELLS = st.text(alphabet="ab 江苏\",;|\t\n'", max_size=6)
DELIMITERS = st.sampled_from([",", ";", "\t", "|", "||"])


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def split(data: bytes, columns: list[str], block: int = 1 << 20) -> list[Block]:
    header = find_header(data, lambda cells: sum(cell in columns for cell in cells))
    return list(Splitter(header, columns).blocks(pieces(data[header.size :], block), block))


def rows(blocks: list[Block]) -> list[tuple[int, list[str]]]:
    return [
        (line, ["" if cell is None else cell for cell in cells])
        for block in blocks
        for line, cells in zip(block.lines, block.cells.iter_rows(), strict=True)
    ]


def aside(blocks: list[Block]) -> list[tuple[int, Rule, str]]:
    return [(m.line, m.rule, m.text) for block in blocks for m in block.malformed]


def text_of(table: list[list[str]], delimiter: str, line_end: str, quoting: int) -> str:
    """`table` written by the csv module; a delimiter of two characters is put in afterwards."""
    one = "\x1d" if len(delimiter) > 1 else delimiter
    out = io.StringIO()
    # A cell may hold what the delimiter of two characters is made of, so such tables quote all.
    writer = csv.writer(
        out,
        delimiter=one,
        lineterminator=line_end,
        quoting=csv.QUOTE_ALL if len(delimiter) > 1 else quoting,  # type: ignore[arg-type]
    )
    writer.writerows(table)
    return out.getvalue().replace(one, delimiter)


@settings(deadline=None)
@given(
    st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=1, max_size=12)
    ),
    DELIMITERS,
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.integers(1, 60),
)
def test_records_are_what_pythons_csv_reader_reads(
    table: list[list[str]], delimiter: str, line_end: str, quoting: int, block: int
) -> None:
    columns = [f"c{i}" for i in range(len(table[0]))]
    # The header of one column shows no delimiter; then it is the comma.
    assume(len(columns) > 1 or delimiter == ",")
    text = text_of([columns, *table], delimiter, line_end, quoting)
    found = rows(split(text.encode(), columns, block))

    one = text if len(delimiter) == 1 else text_of([columns, *table], "\x1d", line_end, 1)
    reader = csv.reader(
        io.StringIO(one, newline=""), delimiter=delimiter if len(delimiter) == 1 else "\x1d"
    )
    next(reader)
    expected = []
    begins = reader.line_num + 1
    for cells in reader:
        expected.append((begins, cells))
        begins = reader.line_num + 1
    assert found == [(line, cells) for line, cells in expected if cells]


@settings(deadline=None)
@given(
    st.lists(st.text(alphabet='a",\n', max_size=12), max_size=20).map("\n".join),
    st.integers(1, 30),
)
def test_whatever_comes_the_blocks_make_no_difference(text: str, block: int) -> None:
    data = ("x,y\n" + text).encode()
    whole, parts = split(data, ["x", "y"]), split(data, ["x", "y"], block)
    assert rows(parts) == rows(whole)
    assert aside(parts) == aside(whole)


@settings(deadline=None)
@given(st.lists(st.text(alphabet='a",', min_size=1, max_size=8), max_size=20))
def test_every_line_is_a_record_or_set_aside(lines: list[str]) -> None:
    blocks = split(("x,y\n" + "\n".join(lines)).encode(), ["x", "y"])
    lines_of_records = sum(1 + text.count("\n") for block in blocks for text in block.texts) + sum(
        1 + text.count("\n") for _, _, text in aside(blocks)
    )
    assert lines_of_records == len(lines)


def test_lines_with_too_few_or_too_many_fields_are_set_aside_with_number_and_text() -> None:
    data = "名称,代码\r\n甲,1\r\n乙\r\n丙,3,多\r\n\r\n丁,4\r\n".encode()
    blocks = split(data, ["名称", "代码"])
    assert rows(blocks) == [(2, ["甲", "1"]), (6, ["丁", "4"])]
    assert aside(blocks) == [(3, Rule.FIELDS, "乙"), (4, Rule.FIELDS, "丙,3,多")]


def test_an_unclosed_quote_costs_one_line_not_the_rest_of_the_file() -> None:
    lines = ["x,y", "1,ok", '2,"open', *(f'{n},"fine"' for n in range(3, 2000))]
    blocks = split("\n".join(lines).encode(), ["x", "y"], 64)
    assert aside(blocks) == [(3, Rule.QUOTES, '2,"open')]
    assert len(rows(blocks)) == 1998


def test_quotes_inside_unquoted_fields_are_text() -> None:
    blocks = split(b'x,y\n5" pipe,3" pipe\n', ["x", "y"])
    assert rows(blocks) == [(2, ['5" pipe', '3" pipe'])]


def test_bytes_that_are_no_utf8_become_replacement_characters() -> None:
    blocks = split(b"x,y\nok,\xff\xfe\n", ["x", "y"])
    assert rows(blocks) == [(2, ["ok", "��"])]


TEXT = "名称,地址\n镕基路公司,丶︐㐀𠮷\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("gb18030"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
    ],
    ids=["utf-8", "with BOM", "gb18030", "utf-16", "without BOM", "big-endian"],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_every_character_set_reads_the_same(data: bytes, size: int) -> None:
    assert b"".join(to_utf8(pieces(data, size))).decode() == TEXT


def test_private_characters_of_old_gb18030_become_standard_ones() -> None:
    data = "名称\n中国政务".encode("gb18030") + b"\xa6\xd9\xfe\x59"
    assert b"".join(to_utf8([data])).decode() == "名称\n中国政务︐龴"


def test_a_charset_that_is_not_read_is_refused() -> None:
    with pytest.raises(BatchRefused, match="charset") as refused:
        list(to_utf8([b"x"], "koi8-r"))
    assert refused.value.code == "charset-unknown"


def test_a_file_without_a_header_is_refused() -> None:
    with pytest.raises(BatchRefused) as refused:
        split(b"1,2\n3,4\n", ["x", "y"])
    assert refused.value.code == "header-missing"
