"""What a clerk is told of one row, in plain words, with source and date. Pure.

jiangsu-2017 §16(2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.exchange.tables.items import Item, ItemType
from shared.errors import Conflict

_MARKS = frozenset({"_flags", "_stale"})


class PurposeDiffers(Conflict):
    """The purpose that the clerk chose is not the one that the grant is for."""

    code = "counter-purpose-differs"
    title = "Purpose differs"


@dataclass(frozen=True, slots=True)
class Fact:
    """One item of the row, as a person reads it; no text where nothing is registered."""

    code: str
    name: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known, and the sentence that says so."""

    found: bool
    sentence: str
    facts: Sequence[Fact]


def check_purpose(chosen: str, granted: str) -> None:
    """Refuse what is asked for another purpose than was granted. Raises PurposeDiffers."""
    if chosen.strip() != granted.strip():
        raise PurposeDiffers(
            "Choose the purpose that this grant is for, as GET /v1/grants/{grant} has it."
        )


def answer(
    row: Mapping[str, object] | None,
    items: Sequence[Item],
    *,
    source: str,
    day: date | None,
) -> Answer:
    """What the clerk is told of `row`, or of there being none.

    `items` are those of the resource in their order; only what the row shows is told. `source`
    names department and resource, `day` is the local day that the data is of.
    """
    dated = f"（数据日期{_day(day)}）" if day else ""
    if row is None:
        sentence = f"{source}{dated}中没有查到这一记录。没有查到不等于不存在，请按规定核实后办理。"
        return Answer(found=False, sentence=sentence, facts=[])
    facts = [
        Fact(item.code, item.name, _text(row[item.code], item))
        for item in items
        if item.code in row
    ]
    told = "；".join(f"{fact.name}：{fact.text or '未登记'}" for fact in facts)
    sentence = f"据{source}{dated}，{told}。以上信息平台已有，无须申请人另行提供。"
    if _MARKS & row.keys():
        sentence += "其中有提供部门标注尚待核实的内容，有疑问的请提请校核。"
    return Answer(found=True, sentence=sentence, facts=facts)


def _text(value: object, item: Item) -> str | None:
    match value:
        case None | "":
            return None
        case bool():
            return "是" if value else "否"
        case datetime():
            return f"{_day(value.date())}{value:%H:%M}"
        case date():
            return _day(value)
    if item.type is ItemType.CURRENCY:
        return f"{value}元"
    return str(value)


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
