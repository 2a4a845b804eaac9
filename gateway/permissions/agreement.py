"""Whether the gateway's rules and what the services say of themselves agree. Pure.

A service that says nothing yet is compared when it does; one that is away stays as it was.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.rules import Rule

_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options", "trace"})
_SAID = 5

Document = dict[str, Any]  # the edge: OpenAPI as JSON


def differences(rules: Iterable[Rule], documents: Mapping[str, Document]) -> list[str]:
    """Every contradiction as a sentence; none when they agree. Only services heard so far."""
    listed = {
        (rule.service, rule.operation): rule.permission.value
        for rule in rules
        if rule.service in documents
    }
    offered = {
        (service, operation): needed
        for service, document in documents.items()
        for operation, needed in _operations(document)
    }
    unlisted = [f"{s}: {o} has no rule" for s, o in offered.keys() - listed.keys()]
    absent = [f"{s}: {o} is not described" for s, o in listed.keys() - offered.keys()]
    other = [
        f"{s}: {o} needs {offered[s, o]}, the rule says {listed[s, o]}"
        for s, o in offered.keys() & listed.keys()
        if offered[s, o] != listed[s, o]
    ]
    return sorted([*unlisted, *absent, *other])


def sentence(found: list[str]) -> str | None:
    """The contradictions as readiness tells them, on one line; None when there are none."""
    if not found:
        return None
    more = f"; and {len(found) - _SAID} more" if len(found) > _SAID else ""
    return "rules and services contradict: " + "; ".join(found[:_SAID]) + more


def _operations(document: Document) -> Iterable[tuple[str, str]]:
    """Each operation's name and what it needs: one permission, or whatever else it says."""
    paths: Document = document.get("paths") or {}
    for path, methods in paths.items():
        for method, operation in methods.items():
            if method in _METHODS:
                yield f"{method.upper()} {path}", _needed(operation)


def _needed(operation: Document) -> str:
    scopes = [s for entry in operation.get("security") or [] for s in entry.get("passport", [])]
    return " and ".join(sorted(scopes)) or "nothing"
