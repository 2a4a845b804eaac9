"""Every operation names its permission, is in the gateway's rules, and speaks both languages."""

import ast
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from gateway.permissions.words import PERMISSIONS
from gateway.rules import RULES
from shared.access import Permission
from tests.house.conftest import Described
from tests.house.walk import sources

METHODS = {"get", "put", "post", "delete", "patch", "head"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z]{2}")


def operations(described: Described) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Service, method, path and description of every operation."""
    for service, told in described.items():
        for path, methods in told["paths"].items():
            for method, operation in methods.items():
                if method in METHODS:
                    yield service, method.upper(), path, operation


def permissions(operation: dict[str, Any]) -> list[str]:
    """The scopes that the operation asks for."""
    return [s for entry in operation.get("security", []) for s in entry.get("passport", [])]


def test_every_operation_names_its_permission(described: Described) -> None:
    found = [
        f"{service}: {method} {path}"
        for service, method, path, operation in operations(described)
        if len(permissions(operation)) != 1 or permissions(operation)[0] not in set(Permission)
    ]
    assert found == []


def test_the_rules_of_the_gateway_are_the_operations_of_the_services(described: Described) -> None:
    """Unlisted is refused, and nothing is listed that does not exist."""
    offered = {
        (service, method, path, *permissions(operation))
        for service, method, path, operation in operations(described)
    }
    listed = {(r.service, r.method, r.path, r.permission.value) for r in RULES}
    assert sorted(offered - listed) == [], "these operations have no rule"
    assert sorted(listed - offered) == [], "these rules have no operation"


def test_every_permission_has_its_chinese_name() -> None:
    """Without one neither the table of permissions nor the OpenAPI document can be made."""
    assert set(Permission) - PERMISSIONS.keys() == set()


def test_no_operation_is_listed_twice() -> None:
    assert len({(r.method, r.path) for r in RULES}) == len(RULES)


def test_what_moves_shared_data_needs_a_grant() -> None:
    found = [r.operation for r in RULES if r.data != r.permission.value.startswith("data:")]
    assert found == []
    assert [r.operation for r in RULES if r.data and "{grant}" not in r.path] == []


def test_every_summary_speaks_both_languages(described: Described) -> None:
    found = [
        f"{service}: {method} {path}: {operation.get('summary')}"
        for service, method, path, operation in operations(described)
        if " · " not in operation.get("summary", "")
        or not CHINESE.search(operation["summary"].partition(" · ")[0])
        or not LATIN.search(operation["summary"].partition(" · ")[2])
    ]
    assert found == []


def test_every_operation_says_what_it_needs(described: Described) -> None:
    """The description names the permission, so that a clerk knows whom to ask."""
    found = [
        f"{service}: {method} {path}"
        for service, method, path, operation in operations(described)
        if not any(p in operation.get("description", "") for p in permissions(operation))
    ]
    assert found == []


def test_no_personal_key_stands_in_an_address(described: Described) -> None:
    """Keys that are looked up never appear in URLs; paths hold opaque ids."""
    found = [
        f"{service}: {method} {path}"
        for service, method, path, operation in operations(described)
        for parameter in operation.get("parameters", [])
        if parameter["in"] in ("path", "query")
        and re.search(r"name_of|identity|credit|phone|mobile|^key$|^keys$", parameter["name"])
    ]
    assert found == []


def test_an_operation_that_chooses_its_status_declares_each() -> None:
    """Whoever reads the description must not be surprised by a 201 where it says 200."""
    found = [
        f"{source.path}: {function.name} answers {', '.join(sorted(missing))}"
        for source in sources()
        for function in ast.walk(source.tree)
        if isinstance(function, ast.AsyncFunctionDef)
        and (missing := chosen_statuses(function) - declared_statuses(function))
    ]
    assert found == []


def chosen_statuses(function: ast.AsyncFunctionDef) -> set[str]:
    """The names of the statuses that a route sets on its response."""
    return {
        named.attr
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "response.status_code"
        for named in ast.walk(node.value)
        if isinstance(named, ast.Attribute) and named.attr in HTTPStatus.__members__
    }


def declared_statuses(function: ast.AsyncFunctionDef) -> set[str]:
    """The names of the statuses that a route says it answers; 200 where it says nothing."""
    told = [k for d in function.decorator_list if isinstance(d, ast.Call) for k in d.keywords]
    main = [ast.unparse(k.value).rpartition(".")[2] for k in told if k.arg == "status_code"]
    others = [
        HTTPStatus(key.value).name
        for k in told
        if k.arg == "responses" and isinstance(k.value, ast.Dict)
        for key in k.value.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, int)
    ]
    return {*(main or [HTTPStatus.OK.name]), *others}
