"""A rulebook as people read it: every parameter in Chinese with its value, article and words."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel

from shared.rulebooks.model import PARAMETERS, Rulebook
from shared.rulebooks.ruled import Ruled
from shared.rulebooks.vocabulary import Term


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter; `value` and `quote` are empty and `article` is None where it is silent."""

    name: str
    title: str
    duties: str
    value: str
    article: str | None
    quote: str
    note: str


def rows(rulebook: Rulebook) -> Iterator[Row]:
    """Every parameter in the order of the model."""
    for name in PARAMETERS:
        field = Rulebook.model_fields[name]
        ruled: Ruled[object] = getattr(rulebook, name)
        yield Row(
            name=name,
            title=field.title or name,
            duties=field.description or "",
            value="" if ruled.silent else said(ruled.value),
            article=ruled.article,
            quote=" … ".join(cite.quote for cite in ruled.cites),
            note=ruled.note or "",
        )


def said(value: object) -> str:
    """A value in Chinese."""
    match value:
        case bool():
            return "是" if value else "否"
        case Term():
            return value.zh
        case frozenset():
            return "、".join(said(part) for part in sorted(value, key=_place)) or "（未列明）"
        case tuple():
            return "；".join(f"{place}. {said(part)}" for place, part in enumerate(value, 1))
        case BaseModel():
            parts = [
                (field.title or name, getattr(value, name))
                for name, field in type(value).model_fields.items()
            ]
            return "，".join(f"{title}：{said(part)}" for title, part in parts if part is not None)
        case _:
            return str(value)


def _place(part: object) -> int:
    """Where a term stands in its vocabulary, so that a set is always said in one order."""
    return list(type(part)).index(part) if isinstance(part, Term) else 0


def markdown(rulebook: Rulebook) -> str:
    """The whole rulebook as a Markdown document."""
    lines = [
        f"# {rulebook.title}",
        "",
        f"{rulebook.number or '（文号不详）'} · {rulebook.level.zh} · {rulebook.region} · "
        f"自{rulebook.in_force_from}起施行（§{rulebook.in_force_article}） · {rulebook.version}",
        "",
        "| 事项 | 规定 | 条款 | 原文 |",
        "|---|---|---|---|",
    ]
    for row in rows(rulebook):
        value = f"{row.value}（{row.note}）" if row.note else row.value
        cells = (f"{row.title} `{row.name}`", value or "未作规定", row.article or "–", row.quote)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
