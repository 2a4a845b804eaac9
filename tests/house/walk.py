"""The files that the rules of the house are about, read once, and what can be asked of them."""

import ast
import importlib
import pkgutil
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
SERVICES = ("catalog", "exchange", "requests", "audit")
# Arguments whose text is for the readers of the documentation pages.
READ_BY_PEOPLE = ("description", "examples", "summary")
PARTS = ("gateway", "services", "shared", "client", "deploy")


@dataclass(frozen=True)
class Source:
    """One Python file: its path from the root, its text and its tree."""

    path: str
    text: str = field(repr=False)
    tree: ast.Module = field(repr=False)

    @property
    def part(self) -> str:
        """The part that it belongs to; a service is a part of its own, e.g. `services.audit`."""
        first, second = [*self.path.split("/"), ""][:2]
        return f"services.{second}" if first == "services" and second in SERVICES else first

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.rpartition("/")[2]

    @property
    def docstring(self) -> str:
        """What the module says of itself."""
        return ast.get_docstring(self.tree) or ""

    def imports(self) -> Iterator[str]:
        """Every module and every name that is imported, in full."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def calls(self) -> Iterator[ast.Call]:
        """Every call."""
        yield from (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def words(self) -> Iterator[tuple[int, str]]:
        """Every name and every text in the code, with its line; what only documents is left out."""
        documents = {
            id(node.body[0].value)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        } | {
            id(below)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.keyword) and node.arg in READ_BY_PEOPLE
            for below in ast.walk(node.value)
        }
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name):
                yield node.lineno, node.id
            elif isinstance(node, ast.Attribute):
                yield node.lineno, node.attr
            elif isinstance(node, ast.keyword) and node.arg:
                yield node.lineno, node.arg
            elif (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in documents
            ):
                yield node.lineno, node.value


@cache
def sources() -> tuple[Source, ...]:
    """Every Python file of every part, without what is generated."""
    found = [
        Source(str(path.relative_to(ROOT)), text := path.read_text(), ast.parse(text))
        for part in PARTS
        for path in sorted((ROOT / part).rglob("*.py"))
        if "__pycache__" not in path.parts
    ]
    missing = {part for part in PARTS if not any(s.path.startswith(f"{part}/") for s in found)}
    assert not missing, f"no source of {missing} was found: a rule over nothing proves nothing"
    return tuple(found)


def platform() -> list[Source]:
    """The sources of what runs as the platform: gateway, services and shared."""
    return [source for source in sources() if source.part not in ("client", "deploy")]


@cache
def tracked() -> tuple[str, ...]:
    """The paths of every file that the repository holds, and of those about to be added."""
    git = shutil.which("git")
    assert git, "the rules are about what the repository holds: git is needed to list it"
    listed = subprocess.run(  # noqa: S603 - our own words only
        [git, "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    found = tuple(path for path in listed.stdout.splitlines() if (ROOT / path).is_file())
    assert len(found) > 100
    return found


def modules(package: str) -> Iterator[ModuleType]:
    """A package and everything below it, imported; migrations and command lines are left out."""
    root = importlib.import_module(package)
    yield root
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        if "migrations" not in found.name and not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def explain(found: Iterable[str], excused: Mapping[str, str]) -> None:
    """Assert that nothing was found but what is excused, and that every excuse is needed.

    What was found begins with a file's path and a colon; `excused` gives a path its reason.
    """
    listed: Sequence[str] = list(found)
    excess = [line for line in listed if line.partition(":")[0] not in excused]
    assert excess == []
    used = {line.partition(":")[0] for line in listed}
    assert set(excused) <= used, "these excuses are not needed any more"
