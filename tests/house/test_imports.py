"""Imports point one way, and what calls itself pure touches nothing outside itself."""

import re

from tests.house.walk import SERVICES, Source, platform, sources

# What a part may import of the platform, beside itself.
ALLOWED: dict[str, tuple[str, ...]] = {
    "shared": (),
    "gateway": ("shared",),
    "client": (),
    "deploy": ("shared", "gateway", "huitong_client"),
    **{f"services.{service}": ("shared",) for service in SERVICES},
    # services/__init__.py
    "services": (),
}
OURS = ("shared", "gateway", "services", "deploy", "huitong_client", "tests", "benchmarks")
# Whatever reaches a database, a network, a clock or a loop.
OUTSIDE = (
    "asyncio",
    "asyncpg",
    "fastapi",
    "httpx",
    "nats",
    "obstore",
    "shared.app",
    "shared.bus",
    "shared.clock",
    "shared.db",
    "shared.inbox",
    "shared.outbox",
    "shared.worker",
    "socket",
    "sqlalchemy",
    "starlette",
    "subprocess",
    "time",
    "uvicorn",
)
PURE = re.compile(r"\bpure\b", re.IGNORECASE)


def under(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def itself(source: Source) -> str:
    return "huitong_client" if source.part == "client" else source.part


def test_imports_point_one_way() -> None:
    """Services never import each other, shared imports no part, client nothing of the platform."""
    found = [
        f"{source.path}: {name}"
        for source in sources()
        for name in source.imports()
        if under(name, OURS) and not under(name, (itself(source), *ALLOWED[source.part]))
    ]
    assert found == []


def test_deployment_knows_of_the_gateway_only_its_keys_and_its_peoples_codes() -> None:
    found = {
        name
        for source in sources()
        if source.part == "deploy"
        for name in source.imports()
        if under(name, ("gateway",))
        and not under(name, ("gateway.keys", "gateway.second_factor.totp"))
    }
    assert found == set()


def test_every_part_has_pure_rules() -> None:
    """A module says that it is pure; each service has such, and the gateway its decision."""
    parts = {source.part for source in pure()}
    assert parts >= {*(f"services.{service}" for service in SERVICES), "gateway"}


def test_what_is_pure_reaches_nothing_outside() -> None:
    found = [
        f"{source.path}: {name}"
        for source in pure()
        for name in source.imports()
        if under(name, OUTSIDE)
    ]
    assert found == []


def test_a_workflow_is_pure() -> None:
    found = [s.path for s in platform() if s.name == "workflow.py" and s not in pure()]
    assert found == []


def pure() -> list[Source]:
    """The modules that say so of themselves, and those of a package that says it of them all."""
    whole = [
        s.path.rpartition("/")[0] for s in platform() if says_so(s) and s.name == "__init__.py"
    ]
    return [s for s in platform() if says_so(s) or s.path.rpartition("/")[0] in whole]


def says_so(source: Source) -> bool:
    return PURE.search(source.docstring) is not None
