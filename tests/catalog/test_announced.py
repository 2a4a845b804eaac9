"""The public catalogue: what may be public of what is shared, as pages and as DCAT."""

import json

import httpx
import pytest
from rdflib import DCAT, DCTERMS, FOAF, RDF, Graph, URIRef

from tests.catalog.world import MakeWorld, World, divisions, entry, penalties, told

# rdflib's own reader of JSON-LD still uses what rdflib has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
BASE = "https://data.example.gov.cn"
NAMES = {"legal": "法人单位基本信息", "places": "行政区划代码", "withheld": "未成年人行政处罚记录"}


async def read(world: World, path: str = "", status: int = 200) -> httpx.Response:
    """What the gateway would hand on to the public."""
    address = f"/public/catalogue{path}"
    answer = await world.as_(None).get(address, headers={"x-huitong-base": BASE})
    assert answer.status_code == status, answer.text
    return answer


def graph(text: str, syntax: str) -> Graph:
    return Graph().parse(data=text, format={"ttl": "turtle", "jsonld": "json-ld"}[syntax])


@pytest.mark.duty("D10", "jiangsu-2012 §9")
async def test_what_is_shared_is_announced_where_the_rulebook_wants_it(
    world_of: MakeWorld,
) -> None:
    world = await world_of("jiangsu-2012")
    resource = await world.published()
    page = (await read(world)).text
    assert NAMES["legal"] in page
    assert "示例市市场监督管理局" in page
    # jiangsu-2012 §20 wants a guide to services too: the front page leads there.
    assert '<a href="/catalogue/services">' in page
    assert (await read(world, "/services")).status_code == 200
    whole = (await read(world, f"/{resource}")).text
    assert "统一社会信用代码" in whole


async def test_where_the_rulebook_is_silent_only_what_is_open_to_society_is_public(
    world: World,
) -> None:
    assert "/catalogue/services" not in (await read(world)).text
    closed = await world.published(entry(openness="closed"))
    await world.published(divisions(openness="open"))
    page = (await read(world)).text
    assert NAMES["places"] in page
    assert NAMES["legal"] not in page
    await read(world, f"/{closed}", status=404)


async def test_what_is_not_shared_sensitive_or_no_longer_there_does_not_exist(
    world_of: MakeWorld,
) -> None:
    world = await world_of("baoji-2017")
    withheld = await world.published(penalties(openness="open"))
    gone = await world.published(divisions(openness="open"))
    draft = await world.draft(entry(name="企业变更台账", openness="open"))
    told(await world.withdraw(gone), 200)
    page = (await read(world)).text
    assert not any(name in page for name in (*NAMES.values(), "企业变更台账"))
    for resource in (withheld, gone, draft, "0197c1ee-1f00-7c11-9b00-0242ac120002"):
        for form in ("", ".ttl", ".jsonld"):
            await read(world, f"/{resource}{form}", status=404)


async def test_nobody_finds_an_entry_by_an_item_that_is_withheld(world_of: MakeWorld) -> None:
    world = await world_of("baoji-2017")
    withheld = {
        "code": "remark",
        "name": "琥珀备注",
        "type": "C",
        "length": 20,
        "share_type": "not-shared",
    }
    resource = await world.published(
        divisions(
            classification={"attribute": "department", "topic": "government"},
            basic_category=None,
            items=[*({**item, "basic": False} for item in divisions()["items"]), withheld],
            share_type="conditional",
            share_condition="按履行职责需要申请",
            legal_basis=penalties()["legal_basis"],
            openness="open",
        )
    )
    assert NAMES["places"] in (await read(world, "?q=行政区划")).text
    assert NAMES["places"] not in (await read(world, "?q=琥珀备注")).text
    assert "琥珀" not in (await read(world, f"/{resource}")).text
    assert "琥珀" not in (await read(world, f"/{resource}.ttl")).text


async def test_the_public_searches_narrows_and_pages(world: World) -> None:
    names = [f"行政区划代码{number:02}" for number in range(25)]
    for name in names:
        await world.published(divisions(name=name, openness="open"))
    first = (await read(world)).text
    assert names[24] in first
    assert names[2] not in first
    [after] = [line for line in first.split('"') if "cursor=" in line]
    second = (await read(world, after.removeprefix("/catalogue").replace("&amp;", "&"))).text
    assert names[2] in second
    assert names[24] not in second
    one = (await read(world, "?q=行政区划代码07")).text
    assert names[7] in one
    assert names[8] not in one
    assert "<script" not in (await read(world, "?q=<script>alert(1)</script>")).text
    await read(world, "?topic=nonsense", status=422)


@pytest.mark.parametrize("syntax", ["ttl", "jsonld"])
async def test_other_catalogues_harvest_it_as_dcat(world: World, syntax: str) -> None:
    resource = await world.published(divisions(openness="open"))
    found = graph((await read(world, f".{syntax}")).text, syntax)
    catalogue = URIRef(f"{BASE}/catalogue")
    assert (catalogue, RDF.type, DCAT.Catalog) in found
    [dataset] = found.objects(catalogue, DCAT.dataset)
    assert dataset == URIRef(f"{BASE}/catalogue/{resource}#dataset")
    assert str(found.value(dataset, DCTERMS.title)) == NAMES["places"]
    for mandatory in (DCTERMS.title, DCTERMS.description, DCTERMS.publisher):
        assert found.value(catalogue, mandatory) is not None
        assert found.value(dataset, mandatory) is not None
    publisher = found.value(dataset, DCTERMS.publisher)
    assert str(found.value(publisher, FOAF.name)) == "示例市市场监督管理局"
    single = graph((await read(world, f"/{resource}.{syntax}")).text, syntax)
    assert (dataset, RDF.type, DCAT.Dataset) in single


async def test_a_long_catalogue_says_where_it_goes_on(world: World) -> None:
    for number in range(3):
        await world.published(divisions(name=f"行政区划代码{number}", openness="open"))
    seen, path = [], ".jsonld?limit=2"
    for _ in range(2):
        answer = await read(world, path)
        assert json.loads(answer.text)
        found = graph(answer.text, "jsonld")
        seen += [
            str(found.value(it, DCTERMS.title)) for it in found.subjects(RDF.type, DCAT.Dataset)
        ]
        link = answer.headers.get("link", "")
        path = link.partition("<")[2].partition(">")[0].removeprefix(f"{BASE}/catalogue")
    assert sorted(seen) == [f"行政区划代码{number}" for number in range(3)]
    assert path == ""
