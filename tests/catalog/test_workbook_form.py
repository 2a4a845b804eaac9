"""The form of the workbook: every field has its column, and what is taken out comes back whole."""

import io
from dataclasses import fields
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.catalog.bulk import judging
from services.catalog.bulk.found import Found
from services.catalog.bulk.sameness import same
from services.catalog.classification import ATTRIBUTE_OF, Classification
from services.catalog.conditions import LegalBasis
from services.catalog.entry import Entry
from services.catalog.formats import Format
from services.catalog.items import Item
from services.catalog.mappings.translation import NONE
from services.catalog.schemas import EntryBody, ItemBody
from services.catalog.workbook import reading
from services.catalog.workbook.layout import ITEM_COLUMNS, KEY, RESOURCE_COLUMNS, leaves
from services.catalog.workbook.words import values_of, word
from tests.catalog.entries import ALL, LEGAL, NOT_SHARED, book
from tests.catalog.imports import filled, hand_in, result
from tests.catalog.world import World

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read(workbook: bytes) -> list[Found]:
    """The entries that a workbook holds; nothing may be wrong beside them."""
    found = list(reading.read(io.BytesIO(workbook), NONE))
    assert all(isinstance(each, Found) for each in found), found
    return [each for each in found if isinstance(each, Found)]


def entries(workbook: bytes) -> list[tuple[str | None, Entry]]:
    """The entries as the rules see them; none may have a problem."""
    judged = [judging.shape(found) for found in read(workbook)]
    assert [one.problems for one in judged] == [[] for _ in judged]
    return [(one.found.key, one.body.entry()) for one in judged if one.body is not None]


def test_every_field_that_a_compiler_states_has_its_column() -> None:
    """A field that is new in the API is missing here until it has its line in the layout."""
    for model, columns in ((EntryBody, RESOURCE_COLUMNS), (ItemBody, ITEM_COLUMNS)):
        paths = [column.path for column in columns]
        assert sorted(paths) == sorted({KEY, *dict(leaves(model))})
        assert len({column.zh for column in columns}) == len(columns)


def test_what_the_api_takes_is_what_an_entry_states() -> None:
    """So that the round trip below proves every field."""
    assert set(EntryBody.model_fields) == {field.name for field in fields(Entry)}
    assert set(ItemBody.model_fields) == {field.name for field in fields(Item)}


def test_every_word_of_a_code_list_is_chinese_and_means_one_value() -> None:
    for column in (*RESOURCE_COLUMNS, *ITEM_COLUMNS):
        kind = column.leaf.codes
        if kind is not None:
            assert all(any("\u4e00" <= c <= "\u9fff" for c in word(m)) for m in kind), kind
            assert len({word(member) for member in kind}) == len(kind)
            assert set(values_of(kind).values()) == set(kind)


PRINTABLE = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co"), exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=40,
)
TEXT = st.one_of(
    PRINTABLE,
    st.sampled_from(
        ["=1+1", "+86", "-", "@x", "001", "1e5", "'a", "a\nb", "a\tb", "_x000D_", "&lt;", "🀄"]
    ),
).map(str.strip).filter(bool)  # fmt: skip
MAYBE = st.none() | TEXT


@st.composite
def places(draw: st.DrawFn) -> Classification:
    topic = draw(st.sampled_from(list(ATTRIBUTE_OF)))
    branch = draw(st.none() | st.from_regex(r"[0-9]{3}", fullmatch=True))
    return Classification(
        attribute=ATTRIBUTE_OF[topic], topic=topic, branch=branch, detail=draw(MAYBE)
    )


def built(kind: type[Any], **chosen: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Any of that kind; fields that nothing is chosen for come from their type."""
    return st.builds(kind, **chosen)


ITEM = built(
    Item,
    element=st.none(),
    code=TEXT,
    name=TEXT,
    length=st.none() | st.integers(1, 2**31 - 1),
    scale=st.none() | st.integers(0, 100),
)
ENTRY = built(
    Entry,
    name=TEXT,
    provider_unit=MAYBE,
    classification=st.none() | places(),
    abstract=MAYBE,
    format=st.none() | built(Format, type=TEXT),
    share_condition=MAYBE,
    legal_basis=st.none() | built(LegalBasis, citation=TEXT),
    share_methods=st.lists(
        st.sampled_from(
            list(next(c.leaf.codes or () for c in RESOURCE_COLUMNS if c.path == "share_methods"))
        ),
        unique=True,
        max_size=6,
    ).map(tuple),
    open_condition=MAYBE,
    related=st.lists(st.uuids(), unique=True, max_size=3).map(tuple),
    items=st.lists(ITEM, max_size=4).map(tuple),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ENTRY, min_size=1, max_size=4))
def test_what_is_taken_out_and_brought_back_is_the_same(stated: list[Entry]) -> None:
    keyed = [(f"编号 {n:03}", entry) for n, entry in enumerate(stated)]
    assert entries(filled(*keyed)) == keyed


@pytest.mark.duty("D03", "baoji-2017 §9")
async def test_an_export_brought_back_changes_nothing(world: World) -> None:
    await world.published()
    await result(world, await hand_in(world, filled(("A-1", NOT_SHARED))))
    exported = await world.as_(world.compiler).get("/v1/catalogue/workbook/entries")
    assert exported.status_code == 200
    before = (await world.listing())["items"]
    assert {entry.name for _, entry in entries(exported.content)} == {LEGAL.name, NOT_SHARED.name}
    job = await result(world, await hand_in(world, exported.content))
    assert (job["state"], job["counts"]["unchanged"]) == ("applied", 2)
    assert (await world.listing())["items"] == before


async def test_nobody_takes_out_what_is_another_departments(world: World) -> None:
    await world.published()
    answer = await world.as_(world.stranger).get("/v1/catalogue/workbook/entries")
    assert entries(answer.content) == []


def sheet(workbook: bytes, name: str) -> ET.Element:
    """A sheet's XML, by its name."""
    with ZipFile(io.BytesIO(workbook)) as parts:
        book = ET.fromstring(parts.read("xl/workbook.xml"))  # noqa: S314 - written by ourselves
        names = [s.get("name") for s in book.iter(f"{MAIN}sheet")]
        part = f"xl/worksheets/sheet{names.index(name) + 1}.xml"
        return ET.fromstring(parts.read(part))  # noqa: S314 - written by ourselves


def texts(element: ET.Element) -> list[str]:
    """Every text in a sheet."""
    return [t.text or "" for t in element.iter(f"{MAIN}t")]


@pytest.mark.parametrize("rulebook", ALL)
@pytest.mark.duty("D03", "baoji-2017 §9")
def test_the_template_marks_what_its_rulebook_demands_and_names_the_articles(rulebook: str) -> None:
    workbook = filled(rulebook=rulebook)
    headings = texts(sheet(workbook, "信息资源"))
    assert "*信息资源名称" in headings
    guided = not book(rulebook).catalogue_guide.silent
    assert ("*信息资源摘要" in headings) == guided
    guidance = " ".join(texts(sheet(workbook, "填写说明")))
    assert f"{rulebook} §" in guidance
    assert book(rulebook).title in guidance


def test_the_template_offers_the_words_and_keeps_codes_as_text() -> None:
    workbook = filled()
    resources = sheet(workbook, "信息资源")
    validations = list(resources.iter(f"{MAIN}dataValidation"))
    codes = [c for c in RESOURCE_COLUMNS if c.leaf.kind.value in ("code", "flag")]
    assert len(validations) == len(codes)
    assert all(v.findtext(f"{MAIN}formula1", "").startswith("_lists!") for v in validations)
    with ZipFile(io.BytesIO(workbook)) as parts:
        styles = ET.fromstring(parts.read("xl/styles.xml"))  # noqa: S314 - written by ourselves
    formats = [xf.get("numFmtId") for xf in styles.find(f"{MAIN}cellXfs") or ()]
    assert {formats[int(c.get("style", "0"))] for c in resources.iter(f"{MAIN}col")} == {"49"}


def test_an_empty_text_says_as_much_as_none() -> None:
    assert same(Entry(name="a", abstract=""), Entry(name="a"))
    assert not same(Entry(name="a", abstract="b"), Entry(name="a"))
    assert not same(Entry(name="a", related=(UUID(int=1),)), Entry(name="a"))
