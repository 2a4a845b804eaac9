"""Which duty of the law is proven by which test: a table made from marks, never typed.

    @pytest.mark.duty("D12", "baoji-2017 §16")

A mark with an unknown duty or a malformed article ends the run. With `--conformance PATH` the table
is written after a run; only tests that passed, in all their variants, count. A test of the
rulebooks proves that the law is written down as it stands, not that the platform does it: such
tests are listed, and prove no duty.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.duties import DUTIES, RULEBOOKS, UnknownDuty, rulebook_of

LAW = "tests/rulebooks/"
_MARKS = "duties"


@dataclass(slots=True)
class Proof:
    """A test with the duties and articles that it is marked with, and how it went."""

    test: str
    file: str
    marks: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    passed: bool = False
    failed: bool = False

    @property
    def of_the_text(self) -> bool:
        """Whether it only shows that a rulebook says what its article says."""
        return self.file.startswith(LAW)

    @property
    def sentence(self) -> str:
        """The test's name as the sentence that it is."""
        return self.test.removeprefix("test_").replace("_", " ")


def marks_of(item: pytest.Item) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The duties of a test, checked. Raises UnknownDuty."""
    for mark in item.iter_markers("duty"):
        duty, *articles = mark.args
        if duty not in DUTIES:
            raise UnknownDuty(f"{duty!r} is no duty")
        for article in articles:
            rulebook_of(article)
        yield duty, tuple(articles)


class Conformance:
    """Collects the proofs of a run."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._proofs: dict[str, Proof] = {}

    def pytest_collection_modifyitems(self, items: Sequence[pytest.Item]) -> None:
        """Let each test say in its report what it is marked with."""
        for item in items:
            try:
                marks = sorted(set(marks_of(item)))
            except UnknownDuty as error:
                raise pytest.UsageError(f"{item.nodeid}: {error}") from error
            if marks:
                item.user_properties.append((_MARKS, marks))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a test went: one variant that does not pass spoils all.

        The test may have run in another process, so all that is known of it is in its report.
        """
        marks: Any = dict(report.user_properties).get(_MARKS)  # the edge: pytest's own
        if not marks:
            return
        function = report.nodeid.partition("[")[0]
        file, _, name = function.partition("::")
        proof = self._proofs.setdefault(function, Proof(name.rpartition("::")[2] or name, file))
        proof.marks |= {(duty, tuple(articles)) for duty, articles in marks}
        if report.when == "call" and report.passed:
            proof.passed = True
        elif not report.passed:
            proof.failed = True

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write the table, unless the run was broken off: half a run proves half."""
        whole = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if self._path is not None and whole:
            proven = [proof for proof in self._proofs.values() if proof.passed and not proof.failed]
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(table(proven), encoding="utf-8")


def table(proofs: Iterable[Proof]) -> str:
    """The conformance table as Markdown."""
    proving: dict[str, list[Proof]] = defaultdict(list)
    citing: dict[tuple[str, str], set[str]] = defaultdict(set)
    for proof in sorted(proofs, key=lambda p: (p.file, p.test)):
        for marked in sorted({name for name, _ in proof.marks}):
            proving[marked].append(proof)
        for marked, articles in proof.marks:
            for article in articles if not proof.of_the_text else ():
                citing[marked, rulebook_of(article)].add(f"{proof.file}::{proof.test}")
    missing = [
        duty for name, duty in DUTIES.items() if all(proof.of_the_text for proof in proving[name])
    ]
    lines = [
        "# Conformance 法规符合性",
        "",
        "Made by `make conformance` from the marks of the tests that passed; not edited by hand.",
        "本表由 `make conformance` 根据通过的测试自动生成，请勿手工修改。",
        "",
        f"Of {len(DUTIES) - len(missing)} of {len(DUTIES)} duties at least a part is proven on the "
        "platform by at least one test.",
        "",
        "## Rulebook by duty 规则与义务",
        "",
        "A number counts the tests of the platform that cite the rulebook's articles; **0** is a",
        "duty without one; an empty cell: the rulebook lays down no such duty. Tests that",
        "only show that a rulebook is written down as its text stands are listed as *text*.",
        "",
        f"| duty | {' | '.join(RULEBOOKS)} |",
        f"|---|{'---|' * len(RULEBOOKS)}",
    ]
    for name, duty in DUTIES.items():
        cells = []
        for book in RULEBOOKS:
            count = len(citing[name, book])
            laid_down = duty.articles.get(book, "")
            cells.append(f"{laid_down} · {count or '**0**'}" if laid_down else str(count or ""))
        lines.append(f"| {name} {duty.title} | {' | '.join(cells)} |")
    lines += ["", "## The tests 证明各项义务的测试"]
    for name, duty in DUTIES.items():
        if not proving[name]:
            continue
        lines += [
            "",
            f"### {name} {duty.title}",
            "",
            f"{duty.meaning[0].upper()}{duty.meaning[1:]}.",
        ]
        lines.append("")
        for proof in proving[name]:
            cited = sorted({a for marked, arts in proof.marks if marked == name for a in arts})
            source = f" ({', '.join(cited)})" if cited else ""
            kind = "*text:* " if proof.of_the_text else ""
            lines.append(f"- {kind}{proof.sentence}{source} · `{proof.file}`")
    if missing:
        lines += ["", "## Not proven on the platform 平台上尚无测试证明", ""]
        lines += [f"- {duty.id} {duty.title}: {duty.meaning}" for duty in missing]
    return "\n".join(lines) + "\n"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--conformance PATH`."""
    parser.addoption("--conformance", metavar="PATH", help="write the conformance table there")


def pytest_configure(config: pytest.Config) -> None:
    """Watch every run, so that a wrong mark is found at once."""
    # One of several processes that share the tests reports to the first, which writes.
    path = None if hasattr(config, "workerinput") else config.getoption("--conformance")
    config.pluginmanager.register(Conformance(Path(path) if path else None), "conformance-table")
