"""Refusals as problem documents: everything malformed is the caller's, and no value comes back."""

from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Query
from pydantic import BaseModel, Field

from shared import errors
from shared.errors import Conflict, DomainError, FieldError, Unavailable

SECRET = "320203197001011234"


class Body(BaseModel):
    """What the test's operation takes."""

    model_config = {"extra": "forbid"}

    name: Annotated[str, Field(max_length=5)]
    count: int = 0
    share: Annotated[float, Field(allow_inf_nan=False)] = 0.0


class Full(Conflict):
    """The test's own refusal."""

    code = "full"
    title = "Full"


@pytest.fixture
def app() -> FastAPI:
    made = FastAPI()
    errors.install(made)

    @made.post("/things")
    async def add(body: Body, limit: Annotated[int, Query(le=9)] = 1) -> Body:
        return body

    @made.get("/full")
    async def full() -> None:
        fault = FieldError("name", "taken", "it is taken", "baoji-2017 §15")
        raise Full("It is full.", article="baoji-2017 §15", errors=[fault])

    @made.get("/later")
    async def later() -> None:
        raise Unavailable("Later.", retry_after=7)

    @made.get("/bug")
    async def bug() -> None:
        raise RuntimeError(SECRET)

    return made


def caller(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://service")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe",
        b"\0",
        b'{"name": NaN}',
        b'{"name": "a", "share": NaN}',
        b'{"name": "a", "share": 1e400}',
        b'{"name": "a", "share": -Infinity}',
        b'{"name": "a", "count": 1e400}',
        b'{"name": "a", "count": 1.5}',
        b'{"name": "\\ud800"}',
        b'{"\\udc80": 1}',
        b'{"name": "a", "count": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"name": "' + SECRET.encode() + b'"}',
        b'{"name": "a", "other": "' + SECRET.encode() + b'"}',
        b'{"name": "a", "count": "' + SECRET.encode() + b'x"}',
        b'{"' + b"n" * 100_000 + b'": 1}',
    ],
    ids=lambda sent: repr(sent[:30]),
)
async def test_what_cannot_be_read_is_refused_without_its_values(app: FastAPI, sent: bytes) -> None:
    async with caller(app) as http:
        answer = await http.post(
            "/things", content=sent, headers={"content-type": "application/json"}
        )
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == errors.MEDIA_TYPE
    document = errors.Problem.model_validate_json(answer.content)
    assert document.status == answer.status_code
    assert SECRET not in answer.text
    assert len(answer.content) < 4000


async def test_a_query_is_refused_without_its_value(app: FastAPI) -> None:
    async with caller(app) as http:
        answer = await http.post(f"/things?limit={SECRET}", json={"name": "a"})
    assert answer.status_code == 422
    assert SECRET not in answer.text
    assert answer.json()["errors"][0]["field"] == "query.limit"


async def test_a_refusal_says_why_and_where_it_is_written(app: FastAPI) -> None:
    async with caller(app) as http:
        answer = await http.get("/full")
    assert answer.status_code == 409
    assert answer.json() == {
        "type": "/problems/full",
        "title": "Full",
        "status": 409,
        "detail": "It is full.",
        "code": "full",
        "article": "baoji-2017 §15",
        "errors": [
            {
                "field": "name",
                "code": "taken",
                "message": "it is taken",
                "article": "baoji-2017 §15",
            }
        ],
    }


async def test_what_may_succeed_later_says_when(app: FastAPI) -> None:
    async with caller(app) as http:
        answer = await http.get("/later")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")


async def test_a_bug_answers_without_what_went_wrong(app: FastAPI) -> None:
    async with caller(app) as http:
        answer = await http.get("/bug")
    assert answer.status_code == 500
    assert answer.json()["code"] == "platform-fault"
    assert SECRET not in answer.text


async def test_an_unknown_path_and_an_unknown_method_are_problems_too(app: FastAPI) -> None:
    async with caller(app) as http:
        unknown, method = await http.get("/none"), await http.put("/things")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-found")
    assert (method.status_code, method.json()["code"]) == (405, "method-not-allowed")


def test_every_kind_of_refusal_names_its_status() -> None:
    def kinds(kind: type[DomainError]) -> list[type[DomainError]]:
        return [kind, *(k for child in kind.__subclasses__() for k in kinds(child))]

    for kind in kinds(DomainError)[1:]:
        assert 400 <= kind.status <= 504, kind
