"""The glossary names words that really stand in the code."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TERM = re.compile(
    r"\| (?P<english>[a-z][^|]*) \| (?P<chinese>[^|]+) \| (?P<meaning>[^|]+) "
    r"\| `(?P<name>[A-Za-z_.]+)` in `(?P<path>[a-z0-9_/]+\.py)` \|"
)
LINES = (ROOT / "docs/glossary.md").read_text(encoding="utf-8").splitlines()
ROWS = [line for line in LINES if line.startswith("| ")][1:]


@pytest.mark.parametrize("row", ROWS)
def test_a_term_has_its_chinese_word_and_stands_where_the_glossary_says(row: str) -> None:
    term = TERM.fullmatch(row)
    assert term is not None, row
    assert re.search(r"[\u4e00-\u9fff]", term["chinese"])
    source = (ROOT / term["path"]).read_text(encoding="utf-8")
    name = term["name"].rsplit(".", 1)[-1]
    assert re.search(rf"\b{name}\b", source), f"{name} does not stand in {term['path']}"


def test_terms_are_in_alphabetical_order_and_stand_once() -> None:
    english = [row.split("|")[1].strip() for row in ROWS]
    assert english == sorted(set(english))
