"""What is registered makes sense, and what is given is what was registered."""

import pytest
from pydantic import ValidationError

from services.exchange.apis.arguments import Value, checked, outgoing
from services.exchange.apis.definition import Definition, Operation
from shared.errors import Malformed

OPERATION = {
    "name": "household-by-id",
    "about": "按公民身份号码查询户籍信息",
    "path": "/households/{id_number}/members",
    "items": ["name"],
    "parameters": [
        {"name": "id_number", "place": "path", "pattern": "[0-9]{17}[0-9X]", "longest": 18},
        {"name": "year", "place": "query", "kind": "integer", "least": 1949, "most": 2100},
        {"name": "sex", "place": "query", "required": False, "choices": ["M", "F"]},
        {"name": "on", "place": "query", "kind": "date", "required": False, "sent_as": "as-of"},
        {"name": "all", "place": "query", "kind": "boolean", "required": False},
    ],
}
ID = "11010519491231002X"


def registered(**changes: object) -> Operation:
    return Operation.model_validate(OPERATION | changes)


def test_a_question_becomes_the_request_that_was_registered() -> None:
    operation = registered()
    given = checked(operation, {"id_number": ID, "year": 2026, "on": "2026-11-22", "all": True})
    request = outgoing(operation, given)
    assert request.target == f"/households/{ID}/members?year=2026&as-of=2026-11-22&all=true"
    assert (request.method, request.body) == ("GET", None)
    assert ID not in repr(request)


def test_parameters_of_a_body_are_json_or_a_form() -> None:
    parameters = [
        {"name": "id", "place": "body", "sent_as": "zjhm"},
        {"name": "n", "place": "body", "kind": "integer"},
    ]
    for form, body in (("json", b'{"zjhm":"a&b","n":3}'), ("form", b"zjhm=a%26b&n=3")):
        operation = registered(method="POST", path="/q", parameters=parameters, body=form)
        assert outgoing(operation, checked(operation, {"id": "a&b", "n": 3})).body == body


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"id_number": "1"}, "pattern"),
        ({"id_number": None}, "missing"),
        ({"id_number": 11010519491231002}, "type"),
        ({"id_number": ID + "\n"}, "not-printable"),
        ({"id_number": "1/../admin"}, "path"),
        ({"year": "2026"}, "type"),
        ({"year": True}, "type"),
        ({"year": 2026.0}, "type"),
        ({"year": 1000}, "too-small"),
        ({"year": 10**400}, "type"),
        ({"sex": "X"}, "choice"),
        ({"on": "2026-2-30"}, "type"),
        ({"on": "20261122"}, "type"),
        ({"all": 1}, "type"),
        ({"sex": ""}, "length"),
        ({"350524199001010010": "x"}, "unknown"),
    ],
)
def test_what_was_not_registered_is_refused_without_repeating_it(
    changes: dict[str, Value | None], fault: str
) -> None:
    right: dict[str, Value | None] = {"id_number": ID, "year": 2026}
    with pytest.raises(Malformed) as refused:
        checked(registered(), right | changes)
    assert [error.code for error in refused.value.errors] == [fault]
    told = refused.value.detail + "".join(e.field + e.message for e in refused.value.errors)
    assert not any(str(value) in told for value in changes.values() if len(str(value)) > 3)
    assert "350524199001010010" not in told


def test_values_that_would_lead_elsewhere_are_refused() -> None:
    parameters = [{"name": "a", "place": "path"}, {"name": "b", "place": "path"}]
    operation = registered(path="/x/{a}{b}/y", parameters=parameters)
    with pytest.raises(Malformed):
        checked(operation, {"a": ".", "b": "."})
    harmless = checked(operation, {"a": "%2e%2e", "b": "?x#y"})
    assert outgoing(operation, harmless).target == "/x/%252e%252e%3Fx%23y/y"


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "/households"},
        {"path": "/households/{other}"},
        {"path": "/../{id_number}/x"},
        {"path": "https://elsewhere/{id_number}"},
        {"path": "/h/{id_number}?x=1"},
        {"method": "DELETE"},
        {"items": []},
        {"timeout_seconds": 51},
        {"most_bytes": 1 << 30},
        {"content_types": ["text/html"]},
        {"parameters": [{"name": "id_number", "place": "path", "pattern": "(?=a)"}]},
        {"parameters": [{"name": "id_number", "place": "path", "required": False}]},
        {"parameters": [{"name": "id_number", "place": "path"}] * 2},
        {"unknown": 1},
    ],
)
def test_an_operation_that_makes_no_sense_is_not_registered(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        registered(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"address": None},
        {"address": "https://a.example/?x"},
        {"address": "https://user@a.example"},
        {"address": "https://a.example/../x"},
        {"address": "https://a.example/"},
        {"way": "front-end-machine"},
        {"operations": []},
        {"operations": [OPERATION, OPERATION]},
        {"health": {"path": "health"}},
    ],
)
def test_a_system_that_makes_no_sense_is_not_registered(changes: dict[str, object]) -> None:
    whole = {"way": "address", "address": "https://a.example/v2", "operations": [OPERATION]}
    assert Definition.model_validate(whole).operation("household-by-id") is not None
    with pytest.raises(ValidationError):
        Definition.model_validate(whole | changes)


def test_a_pattern_cannot_keep_the_platform_busy() -> None:
    parameters = [{"name": "t", "place": "query", "pattern": "(a+)+b", "longest": 4000}]
    with pytest.raises(Malformed):
        checked(registered(path="/q", parameters=parameters), {"t": "a" * 4000})
