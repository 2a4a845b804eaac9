"""What a person reads: every sentence in both languages, none missing and none unused."""

import ast
import string
from pathlib import Path

import huitong_client
import pytest
from huitong_client.progress import size
from huitong_client.sentences import SENTENCES, say
from huitong_client.tables import lines

SOURCES = sorted(Path(huitong_client.__file__).parent.glob("*.py"))


def texts_in_code() -> set[str]:
    trees = [ast.parse(path.read_text()) for path in SOURCES if path.name != "sentences.py"]
    return {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", SENTENCES)
def test_both_languages_of_a_sentence_tell_the_same_values(key: str) -> None:
    english, chinese = SENTENCES[key]
    assert names(english) == names(chinese)


def test_no_sentence_is_unused_or_missing() -> None:
    used = texts_in_code()
    commands = {"login", "whoami", "grants", "batches", "push", "pull", "lookup", "serve"}
    assert set(SENTENCES) - used == {f"help-{name}" for name in commands}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"say", "NotLoggedIn", "LocalTrouble", "NotUnderstood"}
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                assert node.args[0].value in SENTENCES, f"{path.name}:{node.lineno}"


@pytest.mark.parametrize(
    ("locale", "chinese"),
    [
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "C", "LC_MESSAGES": "zh_TW.UTF-8"}, True),
        ({"LANG": "C", "LC_ALL": ""}, False),
        ({}, False),
    ],
)
def test_the_locale_chooses_the_language(
    monkeypatch: pytest.MonkeyPatch, locale: dict[str, str], chinese: bool
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in locale.items():
        monkeypatch.setenv(name, value)
    assert (say("nothing") == "没有记录。") is chinese


def test_columns_stand_straight_with_chinese_in_them() -> None:
    assert lines(("a", "b"), [("某公司", "1"), ("x\n", "2")]) == [
        "a       b",
        "某公司  1",
        "x       2",
    ]


@pytest.mark.parametrize(
    ("count", "told"), [(0, "0 B"), (999, "999 B"), (1_234_567, "1.2 MB"), (10**12, "1.0 TB")]
)
def test_sizes_are_told_as_a_person_says_them(count: int, told: str) -> None:
    assert size(count) == told
