"""Refusals: each has a permanent code of its own, and a name."""

import re
from collections import defaultdict

from shared.errors import DomainError
from tests.house.walk import SERVICES, modules

CODE = re.compile(r"^[a-z]+(-[a-z0-9]+)*$")


def refusals() -> list[type[DomainError]]:
    """Every class of refusal of the platform, found by importing all of it."""
    for package in ("shared", "gateway", *(f"services.{name}" for name in SERVICES)):
        list(modules(package))

    def below(kind: type[DomainError]) -> list[type[DomainError]]:
        return [k for sub in kind.__subclasses__() for k in (sub, *below(sub))]

    found = [kind for kind in set(below(DomainError)) if not kind.__module__.startswith("tests.")]
    parts = {kind.__module__.partition(".")[0] for kind in found}
    assert parts == {"shared", "gateway", "services"}
    return found


def test_every_code_belongs_to_one_refusal() -> None:
    codes: dict[str, set[str]] = defaultdict(set)
    for kind in refusals():
        if "code" in vars(kind):
            codes[kind.code].add(f"{kind.__module__}.{kind.__name__}")
    assert {code: names for code, names in codes.items() if len(names) > 1} == {}
    assert [code for code in codes if not CODE.match(code)] == []


def test_a_refusal_with_a_code_has_a_title_of_its_own() -> None:
    """One without either is meant to be indistinguishable from its kind."""
    found = [
        f"{kind.__module__}.{kind.__name__}"
        for kind in refusals()
        if ("code" in vars(kind)) != ("title" in vars(kind))
    ]
    assert found == []


def test_every_refusal_says_what_it_means() -> None:
    found = [f"{kind.__module__}.{kind.__name__}" for kind in refusals() if not kind.__doc__]
    assert found == []
