"""The conformance table says what ran, and a wrong mark is found at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.state import CHECKOUT
from tests.conformance import Proof, table
from tests.duties import DUTIES, RULEBOOKS, UnknownDuty, rulebook_of

MODULE = '''"""A file of tests."""

import pytest


@pytest.mark.duty({mark})
@pytest.mark.parametrize("good", {outcomes})
def test_a_stranger_is_told_nothing(good: bool) -> None:
    assert good
'''


def run(folder: Path, mark: str, outcomes: str) -> tuple[int, str, str]:
    """Run one marked test under the plugin; the status, what was said, and the table."""
    (folder / "test_marked.py").write_text(MODULE.format(mark=mark, outcomes=outcomes))
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = duty: a duty\n")
    done = subprocess.run(  # noqa: S603 - our own tests
        [
            *(sys.executable, "-m", "pytest", "-p", "tests.conformance"),
            *("--conformance", "table.md", "test_marked.py"),
        ],
        cwd=folder,
        env={"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )
    written = folder / "table.md"
    text = written.read_text() if written.exists() else ""
    return done.returncode, done.stdout + done.stderr, text


def test_a_test_that_passed_is_named_under_its_duty(tmp_path: Path) -> None:
    status, _, text = run(tmp_path, '"D12", "baoji-2017 §16"', "[True]")
    assert status == 0
    assert "- a stranger is told nothing (baoji-2017 §16) · `test_marked.py`" in text
    assert "1 of 47 duties" in text


def test_a_test_of_which_one_variant_failed_proves_nothing(tmp_path: Path) -> None:
    status, _, text = run(tmp_path, '"D12", "baoji-2017 §16"', "[True, False]")
    assert status == 1
    assert "a stranger is told nothing" not in text
    assert "0 of 47 duties" in text


@pytest.mark.parametrize("mark", ['"D48"', '"D12", "baoji-2018 §16"', '"D12", "§16"'])
def test_a_mark_of_no_duty_or_no_article_ends_the_run(tmp_path: Path, mark: str) -> None:
    status, said, text = run(tmp_path, mark, "[True]")
    assert status == 4, said
    assert "test_marked.py" in said
    assert not text


def test_every_duty_stands_in_the_table_whether_proven_or_not() -> None:
    text = table([Proof("test_one", "tests/test_a.py", {("D11", ("jiangsu-2017 §16",))})])
    assert all(f"| {name} {duty.title} |" in text for name, duty in DUTIES.items())
    unproven = text.partition("## Not proven on the platform")[2]
    assert all((f"- {name} " in unproven) == (name != "D11") for name in DUTIES)


def test_a_rulebook_that_says_what_its_text_says_proves_no_duty() -> None:
    text = table([Proof("test_b", "tests/rulebooks/test_a.py", {("D45", ("baoji-2017 §21",))})])
    assert "Of 0 of 47 duties" in text
    assert "- *text:* b (baoji-2017 §21) · `tests/rulebooks/test_a.py`" in text
    assert "- D45 " in text.partition("## Not proven on the platform")[2]


def test_the_duties_are_forty_seven_and_each_rests_on_a_rulebook() -> None:
    assert list(DUTIES) == [f"D{number:02}" for number in range(1, 48)]
    assert all(duty.articles for duty in DUTIES.values())
    assert all(duty.title and duty.meaning for duty in DUTIES.values())


@pytest.mark.parametrize("article", ["baoji-2017 §15(4)", "jiangsu-2012 §9"])
def test_an_article_names_its_rulebook(article: str) -> None:
    assert rulebook_of(article) in RULEBOOKS


@pytest.mark.parametrize(
    "article", ["baoji-2017", "baoji-2017 16", "B17 §16", "baoji-2017 §16 §17"]
)
def test_what_is_no_article_is_refused(article: str) -> None:
    with pytest.raises(UnknownDuty):
        rulebook_of(article)
