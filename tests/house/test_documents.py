"""The documents: what they link to, name and promise is there."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from gateway.roles import CLIENTS, EVERYONE, ROLES
from shared.settings import Settings
from tests.house.test_refusals import refusals
from tests.house.walk import PARTS, ROOT, SERVICES, modules, sources, tracked

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
VARIABLE = re.compile(r"\bHUITONG_[A-Z]+(?:_[A-Z]+)*\b")
FILE = re.compile(rf"`((?:{'|'.join((*PARTS, 'tests', 'docs'))})/[\w./*-]+)`")
QUOTED = re.compile(r"`([^`]+)`")
OPERATORS, INTEGRATORS = "docs/operators-guide.md", "docs/integrators-guide.md"
# Written by a target of the Makefile, and not before that has been run.
GENERATED = {"docs/conformance.md"}
LONGEST_DECISION = 60


def documents() -> dict[str, str]:
    """Every document that the repository holds, by path."""
    found = {path: (ROOT / path).read_text() for path in tracked() if path.endswith(".md")}
    assert {"README.md", "README.zh-CN.md", OPERATORS, INTEGRATORS} <= found.keys()
    return found


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of its level."""
    _, _, behind = text.partition(f"\n{heading}\n")
    assert behind, f"there is no heading {heading!r}"
    level = heading.partition(" ")[0]
    return behind.partition(f"\n{level} ")[0]


def rows(text: str) -> Iterator[list[str]]:
    """The cells of every row of every table."""
    for line in text.splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as they are made from their words."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)
    return set(plain)


def variables_of_the_code() -> set[str]:
    """Every setting that some process, command or target reads."""
    for package in ("gateway", *(f"services.{name}" for name in SERVICES)):
        list(modules(package))

    def below(kind: type[Settings]) -> Iterator[type[Settings]]:
        yield kind
        for sub in kind.__subclasses__():
            yield from below(sub)

    fields = {
        f"HUITONG_{name.upper()}"
        for kind in below(Settings)
        if not kind.__module__.startswith("tests.")
        for name in kind.model_fields
    }
    texts = [word for source in sources() for _, word in source.words()]
    texts.append((ROOT / "Makefile").read_text())
    return fields | {name for text in texts for name in VARIABLE.findall(text)}


def test_every_link_leads_somewhere() -> None:
    broken = []
    for path, text in documents().items():
        for target in LINK.findall(FENCED.sub("", text)):
            if re.match(r"[a-z]+:", target):
                continue
            file, _, anchor = target.partition("#")
            there = (ROOT / path).parent / unquote(file) if file else ROOT / path
            if not there.exists():
                broken.append(f"{path}: {target}")
            elif anchor and anchor not in anchors(there.read_text()):
                broken.append(f"{path}: {target} has no such heading")
    assert broken == []


def test_every_file_that_a_document_names_exists() -> None:
    missing = [
        f"{path}: {name}"
        for path, text in documents().items()
        for name in FILE.findall(text)
        if name not in GENERATED and not any(ROOT.glob(name.rstrip("/")))
    ]
    assert missing == []


def test_the_operators_guide_names_every_setting_and_no_document_another() -> None:
    known, found = variables_of_the_code(), documents()
    assert known - set(VARIABLE.findall(found[OPERATORS])) == set()
    invented = {
        f"{path}: {name}"
        for path, text in found.items()
        for name in VARIABLE.findall(text)
        if name not in known
    }
    assert invented == set()


def test_the_integrators_guide_lists_every_code_of_refusal() -> None:
    listed = {
        (int(status), code)
        for status, codes, *_ in rows(section(documents()[INTEGRATORS], "## Refusals"))
        if status.isdecimal()
        for code in QUOTED.findall(codes)
    }
    assert listed == {(kind.status, kind.code) for kind in refusals() if "code" in vars(kind)}


def test_the_operators_guide_says_what_each_role_may() -> None:
    listed = {
        QUOTED.findall(who)[0]: frozenset(QUOTED.findall(may))
        for who, may, *_ in rows(section(documents()[OPERATORS], "## People"))
        if QUOTED.search(who)
    }
    permitted = [*ROLES.items(), *CLIENTS.items()]
    assert listed == {who.value: frozenset(may - EVERYONE) for who, may in permitted}


def test_every_decision_is_indexed_and_fits_a_page() -> None:
    home = Path("docs/decisions")
    written = {
        path: text for path, text in documents().items() if re.match(rf"{home}/\d{{4}}-", path)
    }
    index = LINK.findall(documents()[str(home / "README.md")])
    assert {str(home / target) for target in index if target[:4].isdecimal()} == set(written)
    long = {path for path, text in written.items() if text.count("\n") > LONGEST_DECISION}
    assert long == set()


def test_both_readmes_give_the_same_commands() -> None:
    """Only their comments are in another language."""

    def commands(path: str) -> list[str]:
        joined = "\n".join(SHELL.findall(documents()[path]))
        return [re.sub(r"\s+# .*$", "", line) for line in joined.splitlines()]

    assert commands("README.md") == commands("README.zh-CN.md") != []
