"""One entry under the article of one rulebook, on the platform: let in, or refused by it."""

from dataclasses import dataclass

import pytest

from services.catalog.schemas import EntryBody
from tests.catalog.entries import found
from tests.catalog.world import Json, MakeWorld, entry, penalties, refused, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An entry that an article keeps out: where, how, and a rulebook that lets it in.

    `elsewhere` is None where all four keep it out.
    """

    says: str
    duty: str
    article: str
    body: Json
    field: str
    code: str
    elsewhere: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetIn:
    """An entry that an article lets in, and a rulebook that keeps it out, if one does.

    `duty` is the one that letting it in fulfils; what a text merely does not ask proves none.
    """

    says: str
    duty: str | None = None
    article: str
    body: Json
    elsewhere: str | None = None


Case = Refused | LetIn


def cases(*found: Case) -> "list[pytest.ParameterSet]":
    """The cases as parameters of a test, each with the mark of the duty that it proves."""
    return [pytest.param(case, id=case.says, marks=_marks(case)) for case in found]


async def holds(world_of: MakeWorld, rulebook: str, case: Case) -> None:
    """The platform under `rulebook` does with the entry what the case says, and another not."""
    world = await world_of(rulebook)
    answer = await world.submit(await world.draft(case.body))
    if isinstance(case, Refused):
        errors = refused(answer, 409, "entry-refused")["errors"]
        seen = {(error["field"], error["code"], error["article"]) for error in errors}
        assert (case.field, case.code, case.article) in seen, errors
        if case.elsewhere is not None:
            assert _problems(case.body, case.elsewhere) == []
    else:
        assert told(answer, 200)["state"] == "submitted"
        if case.elsewhere is not None:
            assert _problems(case.body, case.elsewhere) != []


def _problems(body: Json, rulebook: str) -> list[tuple[str, str, str | None]]:
    return found(EntryBody.model_validate(body).entry(), rulebook)


def _marks(case: Case) -> list[pytest.MarkDecorator]:
    return [] if case.duty is None else [pytest.mark.duty(case.duty, *_cited(case.article))]


def _cited(article: str) -> list[str]:
    """`baoji-2017 §6 §9` names two articles of one rulebook."""
    rulebook, *articles = article.split(" ")
    return [f"{rulebook} {one}" for one in articles]


def asked_for(**changes: object) -> Json:
    """The legal entities as what a department asks for: conditional but for the basic items."""
    items = [
        item | ({"share_type": "unconditional"} if item.get("basic") else {})
        for item in entry()["items"]
    ]
    told_: Json = {
        "share_type": "conditional",
        "share_condition": "用于核实登记事项",
        "items": items,
    }
    return entry(**{**told_, **changes})


def with_phone(secrecy: str, share_type: str | None = None) -> Json:
    """The same with one item of this secrecy, under this share type where one is named."""
    phone = {
        "code": "phone",
        "name": "联系电话",
        "type": "C",
        "length": 20,
        "secrecy": secrecy,
        "share_type": share_type,
    }
    body = asked_for(grade="sensitive")
    return {**body, "items": [*body["items"], phone]}


def without(*fields: str) -> Json:
    """The legal entities without these fields."""
    return {name: value for name, value in entry().items() if name not in fields}


def bare() -> Json:
    """What a text without a guide asks of an entry, and no more."""
    return {
        "name": "公共停车场名录",
        "format": {"kind": "electronic-document", "type": "pdf"},
        "share_methods": ["platform-file"],
        "update_cycle": "monthly",
    }


def not_shared(kind: str | None) -> Json:
    """What is not shared, with a basis of this kind or none."""
    basis = None if kind is None else {"kind": kind, "citation": "有关规定第三条"}
    return penalties(legal_basis=basis)


def basic(topic: str) -> Json:
    """Basic information of this kind, with a basic item that is not unconditional."""
    return asked_for(
        classification={"attribute": "base", "topic": topic},
        items=[{"code": "name", "name": "名称", "type": "C", "length": 60, "basic": True}],
    )
