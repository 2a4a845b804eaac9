"""Every fault that the rules find is said in Chinese too, where a report shows it."""

import ast
from pathlib import Path

from services.catalog import rules
from services.catalog.bulk.sentences import SENTENCES


def codes() -> set[str]:
    """The codes that the catalogue's rules give to what they find, read from their own source."""
    home = Path(str(rules.__file__)).parent
    calls = [
        node
        for file in ("rules.py", "sharing.py")
        for node in ast.walk(ast.parse((home / file).read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "FieldError"
    ]
    return {
        node.args[1].value
        for node in calls
        if isinstance(node.args[1], ast.Constant) and isinstance(node.args[1].value, str)
    }


def test_every_code_of_the_rules_has_a_chinese_sentence() -> None:
    assert codes() - set(SENTENCES) == set()
    assert len(codes()) > 10
