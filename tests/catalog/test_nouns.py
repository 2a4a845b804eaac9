"""The words of an entry, alone: places and codes, names, conditions, formats, items."""

from dataclasses import replace

import pytest

from services.catalog import conditions, formats, items, names
from services.catalog.classification import (
    ATTRIBUTE_OF,
    TOPICS,
    Attribute,
    Classification,
    CodePattern,
    Topic,
)
from services.catalog.formats import Format, FormatClass
from services.catalog.items import Item, Openness
from services.catalog.settings import CatalogSettings
from shared.events.catalog import ItemType, Secrecy, ShareMethod, Standard

LEGAL = Classification(attribute=Attribute.BASE, topic=Topic.LEGAL_ENTITY)
USCC = Item(
    code="uscc",
    name="统一社会信用代码",
    type=ItemType.CHARACTER,
    length=18,
    key=True,
    required=True,
    standard=Standard.CREDIT_CODE,
)


def test_every_topic_stands_under_one_class() -> None:
    assert set(ATTRIBUTE_OF) == set(Topic)
    assert sum(len(topics) for topics in TOPICS.values()) == len(Topic)


@pytest.mark.parametrize(
    ("place", "possible"),
    [
        (LEGAL, True),
        (replace(LEGAL, branch="001"), True),
        (replace(LEGAL, branch="001", detail="77"), True),
        (replace(LEGAL, branch="01"), False),
        (replace(LEGAL, branch="一二三"), False),
        (replace(LEGAL, branch="001", detail="甲"), False),
        (replace(LEGAL, detail="77"), False),
        (replace(LEGAL, attribute=Attribute.THEME), False),
    ],
)
def test_a_place_exists_or_says_why_not(place: Classification, possible: bool) -> None:
    assert (place.contradiction is None) is possible


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        (CodePattern(), "102001/000012"),
        (CodePattern(separator="-", sequence_digits=3), "102001-012"),
        (CodePattern(sequence_digits=1), "102001/12"),
        (
            CodePattern(attributes={**CodePattern().attributes, Attribute.BASE: "9"}),
            "902001/000012",
        ),
    ],
)
def test_a_code_is_written_by_the_installation_s_pattern(pattern: CodePattern, code: str) -> None:
    assert pattern.code(replace(LEGAL, branch="001"), 12) == code


def test_a_sequence_grows_beyond_its_width() -> None:
    assert CodePattern(sequence_digits=2).code(LEGAL, 12345) == "102/12345"


def test_a_pattern_that_cannot_tell_two_places_apart_is_refused() -> None:
    topics = {**CodePattern().topics, Topic.CREDIT: "01"}
    with pytest.raises(ValueError, match="same digits"):
        CodePattern(topics=topics)
    with pytest.raises(ValueError, match="no digits for"):
        CodePattern(attributes={Attribute.BASE: "1"})
    with pytest.raises(ValueError, match="two classes"):
        CodePattern(attributes=dict.fromkeys(Attribute, "1"))


def test_the_pattern_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUITONG_DATABASE", "postgresql://localhost/x")
    monkeypatch.setenv("HUITONG_NATS", "nats://localhost")
    monkeypatch.setenv("HUITONG_CODE_PATTERN", '{"separator": "-", "sequence_digits": 4}')
    assert CatalogSettings().code_pattern.code(LEGAL, 5) == "102-0005"


@pytest.mark.parametrize(
    "name",
    [
        "法人单位基本信息",
        "法人 单位 基本信息",
        "法人单位（基本）信息",
        "法人单位，基本信息。",
        "法人單位基本信息",
    ],
)
def test_spaces_and_punctuation_make_no_other_name(name: str) -> None:
    same = names.key(name) == names.key("法人单位基本信息")
    assert same is ("單" not in name)


def test_width_and_case_make_no_other_name() -> None:
    assert names.key("ＷＴＯ 公告２０２６") == names.key("wto公告2026")


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("不动产登记系统", True),
        ("不动产登记系统V2.0", True),
        ("权力阳光平台（二期）", True),
        ("掌上办事APP", True),
        ("一网通办 小程序", True),
        ("不动产登记信息", False),
        ("信息系统安全等级备案", False),
        ("湿地生态系统", False),
        ("平台企业名录", False),
        ("2026", False),
    ],
)
def test_the_name_of_an_it_system_is_recognised(name: str, is_one: bool) -> None:
    assert names.names_a_system(name) is is_one


@pytest.mark.parametrize("name", ["信息", "数据表", "基 本 信 息", "2026", "表", "——", "test"])
def test_a_name_that_says_nothing_is_recognised(name: str) -> None:
    assert names.says_nothing(name)


@pytest.mark.parametrize("condition", [None, "", " ", "无", "无条件", "无条件。", "无条件共享"])
def test_the_ways_to_say_that_there_is_no_condition(condition: str | None) -> None:
    assert conditions.is_empty(condition)


@pytest.mark.duty("D33", "baoji-2017 §4(2)")
@pytest.mark.parametrize(
    "condition",
    [
        "有偿使用",
        "按次收费",
        "每条0.5元",
        "0.5元/条",
        "需缴纳查询费",
        "须支付维护费用后提供",
        "付费",
        "收费查询",
        "应当另行计费",
        "按年收费，每年１０００元",
        "subject to a fee",
    ],
)
def test_what_asks_for_money_is_recognised(condition: str) -> None:
    assert conditions.asks_for_money(condition)


@pytest.mark.duty("D33", "baoji-2017 §4(2)")
@pytest.mark.parametrize(
    "condition",
    [
        "无偿使用",
        "免费",
        "不收费",
        "非有偿",
        "用于行政事业性收费核查",
        "用于税费征收",
        "用于价格监管",
        "缴纳社会保险费情况核对",
        "用于支付费用信息比对",
        "注册资本1000万元以上企业",
        "仅限公安机关履行职责",
    ],
)
def test_money_as_the_subject_is_no_price(condition: str) -> None:
    assert not conditions.asks_for_money(condition)


@pytest.mark.parametrize(
    ("kind", "type_", "exists"),
    [
        (FormatClass.DATABASE, "mysql", True),
        (FormatClass.DATABASE, "dm", True),
        (FormatClass.DATABASE, "xlsx", False),
        (FormatClass.SPREADSHEET, "et", True),
        (FormatClass.DOCUMENT, "ofd", True),
        (FormatClass.IMAGE, "mp4", False),
        (FormatClass.SELF_DESCRIBED, "shapefile", True),
        (FormatClass.SELF_DESCRIBED, " ", False),
    ],
)
def test_a_format_is_on_the_list_of_its_class(kind: FormatClass, type_: str, exists: bool) -> None:
    assert (Format(kind, type_).contradiction is None) is exists


@pytest.mark.parametrize("kind", list(FormatClass))
@pytest.mark.parametrize("method", list(ShareMethod))
def test_format_class_and_share_method_agree_or_contradict_each_other(
    kind: FormatClass, method: ShareMethod
) -> None:
    off_platform = method in (ShareMethod.MAIL, ShareMethod.DISK, ShareMethod.MEDIUM)
    fits = off_platform or {
        FormatClass.DATABASE: method in (ShareMethod.DATABASE, ShareMethod.INTERFACE),
        FormatClass.SELF_DESCRIBED: True,
    }.get(kind, method is ShareMethod.FILE)
    assert formats.misfits(kind, (method,)) == ([] if fits else [method])


def test_every_type_has_the_guide_s_letter_and_chinese_name() -> None:
    assert set(items.CHINESE) == set(ItemType)
    assert "".join(sorted(kind.value for kind in ItemType)) == "BCDFGILMNTY"


@pytest.mark.parametrize(
    ("item", "fields"),
    [
        (USCC, []),
        (replace(USCC, code="USCC"), ["code"]),
        (replace(USCC, code="2nd"), ["code"]),
        (replace(USCC, code="a" * 64), ["code"]),
        (replace(USCC, code="名称"), ["code"]),
        (replace(USCC, name=" "), ["name"]),
        (replace(USCC, name="统一\ufffd代码"), ["name"]),
        (replace(USCC, length=None), ["length", "standard"]),
        (replace(USCC, length=15), ["standard"]),
        (replace(USCC, required=False), ["required"]),
        (replace(USCC, type=ItemType.NUMERIC), ["standard"]),
        (replace(USCC, standard=Standard.DIVISION), ["standard"]),
        (replace(USCC, standard=Standard.DIVISION, length=6), []),
        (replace(USCC, standard=Standard.IDENTITY_NUMBER), []),
        (Item(code="n", name="数量", type=ItemType.NUMERIC, length=12, scale=2), []),
        (Item(code="n", name="数量", type=ItemType.NUMERIC), []),
        (Item(code="n", name="数量", type=ItemType.NUMERIC, scale=2), ["scale"]),
        (Item(code="n", name="数量", type=ItemType.NUMERIC, length=39), ["length"]),
        (Item(code="n", name="数量", type=ItemType.CURRENCY, length=4, scale=5), ["scale"]),
        (Item(code="n", name="人数", type=ItemType.INTEGER, length=4, scale=1), ["scale"]),
        (Item(code="d", name="日期", type=ItemType.DATE, length=8), ["length"]),
        (Item(code="b", name="照片", type=ItemType.GENERAL, key=True, required=True), ["key"]),
        (Item(code="f", name="比率", type=ItemType.FLOAT, key=True, required=True), ["key"]),
        (
            Item(
                code="p",
                name="电话",
                type=ItemType.MEMO,
                secrecy=Secrecy.PRIVACY,
                openness=Openness.OPEN,
            ),
            ["openness"],
        ),
    ],
)
def test_an_item_contradicts_itself_or_not(item: Item, fields: list[str]) -> None:
    assert [field for field, _ in item.contradictions] == fields
