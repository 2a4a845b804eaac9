"""Finding resources: Chinese words, ranking, filters, pages, and a cost that does not grow."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from services.catalog import lexemes
from services.catalog.lexemes import Query, Weight
from tests.catalog.world import World, divisions, entry, penalties, refused, registered, told

NAMES = [
    "法人单位基本信息",
    "行政区划代码",
    "食品经营许可信息",
    "药品经营许可信息",
    "特种设备使用登记信息",
]


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent to PostgreSQL meanwhile."""
    sent: list[str] = []

    def note(*execution: object) -> None:
        sent.append(str(execution[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_document_carries_words_and_the_shorter_words_inside_them_with_their_weights() -> None:
    found = lexemes.document([(Weight.NAME, "行政区划"), (Weight.ABSTRACT, "代码，USCC")])
    assert found == "'行政':1A '政区':2A '区划':3A '行政区':4A '行政区划':5A '代码':6D 'uscc':7D"


@pytest.mark.parametrize("text", ["", "  ", "，。、", "'\\\\:*&|!()<->"])
def test_a_query_without_a_word_asks_for_nothing(text: str) -> None:
    assert lexemes.query(text) is None


def test_a_query_cannot_speak_the_language_of_the_database() -> None:
    assert lexemes.query("法人' | 'x'") == Query("'法人' & 'x'", "'法人' | 'x'")
    assert lexemes.query("ＦＡ人:*") == Query("'fa' & '人'", "'fa' | '人'")


async def test_words_find_what_they_stand_in_the_best_match_first(world: World) -> None:
    await world.published(divisions(abstract="全省行政区划。法人单位登记用。"))
    await world.published()
    assert await world.names(q="法人单位") == ["法人单位基本信息", "行政区划代码"]
    assert await world.names(q="单位法人") == ["法人单位基本信息", "行政区划代码"]
    assert await world.names(q="行政区划") == ["行政区划代码"]
    assert await world.names(q="统一社会信用代码") == ["法人单位基本信息"]
    assert await world.names(q="USCC") == ["法人单位基本信息"]
    assert await world.names(q="division_code") == ["行政区划代码"]
    assert await world.names(q="市场监督管理局 法人") == ["法人单位基本信息", "行政区划代码"]
    assert await world.names(q="渔业") == []
    assert await world.names(q="，。") == []


async def test_a_draft_is_found_by_its_department_alone_and_by_what_it_says_now(
    world: World,
) -> None:
    resource = await world.draft()
    assert await world.names(q="法人") == ["法人单位基本信息"]
    assert await world.names(world.stranger, q="法人") == []
    await world.change(resource, divisions())
    assert await world.names(q="法人") == []
    assert await world.names(q="区划") == ["行政区划代码"]


async def test_everybody_finds_what_they_would_be_shown(world: World) -> None:
    resource = await world.published()
    await world.change(resource, entry(name="企业变更台账"))
    assert await world.names(world.stranger, q="法人") == ["法人单位基本信息"]
    assert await world.names(world.stranger, q="变更台账") == []
    assert await world.names(q="变更台账") == ["企业变更台账"]
    told(await world.submit(resource), 200)
    told(await world.review(resource), 200)
    told(await world.review_secrecy(resource), 200)
    told(await world.publish(resource), 200)
    assert await world.names(world.stranger, q="变更台账") == ["企业变更台账"]
    assert "法人单位基本信息" not in await world.names(world.stranger, q="法人")


async def test_a_renamed_department_is_found_by_its_new_name(world: World) -> None:
    await world.published()
    department = world.compiler.department
    assert await world.names(q="市场监督管理局") == ["法人单位基本信息"]
    await world.hear(registered(department, "示例市行政审批局", short_name="审批局", version=2))
    assert await world.names(q="行政审批局") == ["法人单位基本信息"]
    assert await world.names(q="市场监督管理局") == []
    assert await world.names(q="法人 信用代码") == ["法人单位基本信息"]
    # What comes late changes nothing.
    await world.hear(registered(department, "示例市工商局", version=1))
    assert await world.names(q="工商局") == []


async def test_lists_are_narrowed_by_every_classification(world: World) -> None:
    for body in (entry(), divisions(), penalties()):
        await world.published(body)
    legal, places, withheld = "法人单位基本信息", "行政区划代码", "未成年人行政处罚记录"
    provider = world.compiler.department
    narrowed: list[tuple[dict[str, object], list[str]]] = [
        ({}, [withheld, places, legal]),
        ({"provider": provider}, [withheld, places, legal]),
        ({"provider": world.stranger.department}, []),
        ({"classification": "base"}, [places, legal]),
        ({"classification": "base", "topic": "legal-entity"}, [legal]),
        ({"share_type": "not-shared"}, [withheld]),
        ({"update_cycle": "yearly"}, [places]),
        ({"grade": "sensitive"}, [withheld]),
        ({"state": "published"}, [withheld, places, legal]),
        ({"state": "draft"}, []),
        ({"q": "代码", "update_cycle": "daily"}, [legal]),
    ]
    for params, names in narrowed:
        assert await world.names(world.stranger, **params) == names, params
    refused(await world.as_(world.stranger).get("/v1/resources?share_type=3"), 422, "malformed")


@pytest.mark.parametrize("params", [{}, {"q": "统一 代码"}, {"q": "代码"}], ids=str)
async def test_pages_follow_one_another_and_leave_nothing_out(
    world: World, params: dict[str, object]
) -> None:
    for name in NAMES:
        await world.draft(entry(name=name))
    whole = await world.listing(None, **params)
    assert (len(whole["items"]), whole["next"]) == (5, None)
    seen, cursor = [], None
    while True:
        after: dict[str, object] = {} if cursor is None else {"cursor": cursor}
        page = await world.listing(None, limit=2, **params, **after)
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
        assert len(page["items"]) == 2
    assert seen == whole["items"]


async def test_a_cursor_of_another_list_is_refused(world: World) -> None:
    for name in NAMES[:2]:
        await world.draft(entry(name=name))
    cursor = (await world.listing(limit=1))["next"]
    client = world.as_(world.compiler)
    for params in ({"q": "信息", "cursor": cursor}, {"cursor": "abc"}):
        refused(await client.get("/v1/resources", params=params), 400, "cursor-invalid")


@pytest.mark.parametrize("params", [{}, {"q": "代码"}], ids=["list", "search"])
async def test_a_longer_page_costs_no_more_statements(
    world: World, params: dict[str, object]
) -> None:
    for name in NAMES:
        await world.draft(entry(name=name))
    costs = []
    for limit in (1, 5):
        with counted() as sent:
            page = await world.listing(None, limit=limit, **params)
        assert len(page["items"]) == limit
        costs.append(len(sent))
    assert costs == [1, 1]


async def test_reading_costs_as_many_statements_whatever_the_number_of_items(
    world: World,
) -> None:
    few = await world.published(divisions())
    many = await world.published(
        entry(
            items=[
                *entry()["items"],
                *({"code": f"i{n}", "name": f"信息项{n}", "type": "M"} for n in range(60)),
            ]
        )
    )
    costs = []
    for resource in (few, many):
        with counted() as sent:
            told(await world.read(resource, world.stranger), 200)
        costs.append(len(sent))
    assert costs == [2, 2]
