"""Finding resources: Chinese words, ranking, filters, pages, and a cost that does not grow."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, update
from sqlalchemy.engine import Engine

from services.catalog.models import ResourceVersion
from services.catalog.search import words
from services.catalog.search.following import Following
from services.catalog.search.index import Asked, Hit
from services.catalog.search.words import Word
from tests.catalog.world import CITY, World, divisions, entry, penalties, refused, registered, told

NAMES = [
    "法人单位基本信息",
    "行政区划代码",
    "食品经营许可信息",
    "药品经营许可信息",
    "特种设备使用登记信息",
]


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent to PostgreSQL meanwhile, but for the look at what changed,
    which the background takes as well, every second."""
    sent: list[str] = []

    def note(*execution: object) -> None:
        if "search_change" not in str(execution[2]):
            sent.append(str(execution[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def taken_in(world: World) -> None:
    """Let the index take in what has changed, so that it does nothing more meanwhile."""
    await world.listing(q="代码")


def folders(parent: Path) -> list[Path]:
    """The indexes under a folder."""
    return list(parent.iterdir())


def tear(parent: Path) -> None:
    """Leave an index as a full disk might."""
    [index] = folders(parent)
    (index / "meta.json").write_text("{")


def test_text_is_cut_into_words_and_the_shorter_words_inside_them() -> None:
    found = words.words("行政区划 代码，USCC")
    assert found == ["行政", "政区", "区划", "行政区", "行政区划", "代码", "uscc"]


@pytest.mark.parametrize("text", ["", "  ", "，。、", "'\\\\:*&|!()<->"])
def test_a_search_without_a_word_asks_for_nothing(text: str) -> None:
    assert words.asked(text) == []


def test_a_word_is_found_whole_or_in_all_its_parts() -> None:
    assert words.asked("ＦＡ人:*") == [Word("fa", ()), Word("人", ())]
    assert words.asked("行政区划") == [Word("行政区划", ("行政", "政区", "区划", "行政区"))]


def test_a_name_is_begun_at_any_of_its_words() -> None:
    begun = [typed.partition(words.BETWEEN)[0] for typed in words.completions("法人单位基本信息")]
    assert begun[0] == "法人单位基本信息"
    assert "基本信息" in begun


def test_what_is_typed_short_is_looked_up_and_not_walked_to() -> None:
    begun = words.beginnings(words.completions("法人单位基本信息"))
    assert {"法", "法人", "法人单位基本信息", "基", "基本信息"} <= begun
    assert all(len(typed) <= words.BEGINNING for typed in begun)
    assert not any(words.BETWEEN in typed for typed in begun)


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
        ({"q": "代码", "provider": world.stranger.department}, []),
        ({"region": CITY}, [withheld, places, legal]),
        ({"region": "610000"}, []),
        ({"share_method": "platform-file", "share_type": "unconditional"}, [places]),
    ]
    for params, names in narrowed:
        assert await world.names(world.stranger, **params) == names, params
    refused(await world.as_(world.stranger).get("/v1/resources?share_type=3"), 422, "malformed")
    either = "update_cycle=daily&update_cycle=yearly&classification=base"
    for query in (either, f"{either}&q=代码"):
        answer = await world.as_(world.stranger).get(f"/v1/resources?{query}")
        assert {item["name"] for item in told(answer, 200)["items"]} == {places, legal}, query


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


@pytest.mark.parametrize(("params", "cost"), [({}, 1), ({"q": "代码"}, 2)], ids=["list", "search"])
async def test_a_longer_page_costs_no_more_statements(
    world: World, params: dict[str, object], cost: int
) -> None:
    for name in NAMES:
        await world.draft(entry(name=name))
    await taken_in(world)
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
    await taken_in(world)
    costs = []
    for resource in (few, many):
        with counted() as sent:
            told(await world.read(resource, world.stranger), 200)
        costs.append(len(sent))
    assert costs == [2, 2]


async def test_the_newest_come_first_where_that_is_wanted(world: World) -> None:
    await world.published(divisions(abstract="法人单位登记用。"))
    await world.published()
    late = await world.published(penalties(abstract="法人单位以外。"))
    assert (await world.names(q="法人单位", sort="newest"))[0] == "未成年人行政处罚记录"
    assert (await world.names(q="法人单位"))[0] == "法人单位基本信息"
    assert late


async def test_facets_count_what_a_search_finds_and_what_else_could_be_chosen(
    world: World,
) -> None:
    for body in (entry(), divisions(), penalties()):
        await world.published(body)
    await world.draft(entry(name="企业变更台账"))

    async def counts(facet: str, **params: str) -> dict[str, int]:
        answer = await world.as_(world.stranger).get("/v1/resources/facets", params=params)
        told(answer, 200)
        [found] = [each for each in answer.json()["facets"] if each["facet"] == facet]
        return {value["value"]: value["count"] for value in found["values"]}

    assert await counts("share_type") == {"unconditional": 2, "not-shared": 1}
    assert await counts("share_type", share_type="not-shared") == await counts("share_type")
    assert await counts("classification", share_type="unconditional") == {"base": 2}
    assert await counts("classification", q="企业变更台账") == {}
    whole = (await world.as_(world.stranger).get("/v1/resources/facets")).json()
    assert whole["total"] == 3
    [provider] = next(f for f in whole["facets"] if f["facet"] == "provider")["values"]
    assert (provider["label"], provider["count"]) == ("示例市市场监督管理局", 3)


async def test_names_are_suggested_from_any_word_on_and_only_those_in_the_catalogue(
    world: World,
) -> None:
    resource = await world.published()
    await world.draft(entry(name="法人变更台账"))

    async def names(typed: str) -> list[str]:
        answer = await world.as_(world.compiler).get(
            "/v1/resources/suggestions", params={"q": typed}
        )
        told(answer, 200)
        found: list[str] = answer.json()["names"]
        return found

    assert await names("法人") == ["法人单位基本信息"]
    assert await names("基本") == ["法人单位基本信息"]
    assert await names("台账") == []
    assert await names("  ") == []
    told(await world.withdraw(resource, remarks="不再采集"), 200)
    assert await names("法人") == []


async def test_what_one_transaction_hides_from_another_is_found_when_it_is_committed(
    world: World,
) -> None:
    """Transactions commit in another order than they begin in; none is overlooked."""
    first = await world.draft(entry(name="渔船登记信息"))
    second = await world.draft(entry(name="林地登记信息"))
    sessions = world.app.state.sessions
    async with sessions() as open_one:
        await open_one.execute(
            update(ResourceVersion)
            .where(ResourceVersion.resource_id == first)
            .values(abstract="琥珀鉴定")
        )
        await world.change(second, entry(name="林地登记信息", abstract="蜂蜜检验"))
        assert await world.names(q="蜂蜜检验") == ["林地登记信息"]
        assert await world.names(q="琥珀鉴定") == []
        await open_one.commit()
    assert await world.names(q="琥珀鉴定") == ["渔船登记信息"]


async def test_an_index_in_a_folder_is_gone_on_with_and_a_torn_one_is_built_anew(
    world: World, tmp_path: Path
) -> None:
    await world.published()
    sessions = world.app.state.sessions

    async def found(wanted: str) -> tuple[int, list[Hit]]:
        following = Following(sessions, tmp_path)
        async with following.running(), sessions() as session:
            await following.catch_up(session)
            asked = Asked(tuple(words.asked(wanted)), {}, ())
            return following.index.size, following.index.find(asked, 5)

    size, [first] = await found("法人单位")
    assert size == 1
    await world.published(divisions())
    assert (await found("行政区划"))[0] == 2
    tear(tmp_path)
    size, [again] = await found("法人单位")
    assert (size, again.resource) == (2, first.resource)


async def test_two_processes_have_an_index_each(world: World, tmp_path: Path) -> None:
    await world.published()
    sessions = world.app.state.sessions
    one, other = Following(sessions, tmp_path), Following(sessions, tmp_path)
    async with one.running(), other.running(), sessions() as session:
        for following in (one, other):
            await following.catch_up(session)
            assert following.index.size == 1
    assert len(folders(tmp_path)) == 2
