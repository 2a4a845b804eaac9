"""Matching: nothing but the plain path of a listed operation falls under a rule."""

import re
from uuid import uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.matching import Matcher, uuid_in
from gateway.rules import RULES, Rule

MATCHER = Matcher(RULES)
SEGMENT = re.compile(rb"(?!\.)(?:[A-Za-z0-9._~-]|%[89A-F][0-9A-F])+")


def shape(rule: Rule) -> re.Pattern[bytes]:
    """The rule's path as the whole of an address, written once more and by itself."""
    parts = [
        SEGMENT.pattern if part.startswith("{") else re.escape(part.encode())
        for part in rule.path.split("/")[1:]
    ]
    return re.compile(rb"/" + rb"/".join(parts))


SHAPES = [(rule, shape(rule)) for rule in RULES]
PIECES = st.sampled_from(
    [
        *(part for rule in RULES for part in rule.path.split("/") if part),
        "",
        ".",
        "..",
        "%2e%2e",
        "%2f",
        "%E5%B8%82",
        "%e5%b8%82",
        "%7F",
        "a",
        "V1",
        "v1;x",
        "v1?",
        "#",
        "\\",
        "é",
        str(uuid4()),
    ]
)
PATHS = st.one_of(
    st.binary(max_size=60),
    st.lists(PIECES, max_size=7).map(lambda parts: ("/" + "/".join(parts)).encode()),
)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "get", "PATCH", ""])


@given(METHODS, PATHS)
@example("GET", b"/v1/resources/")
@example("GET", b"//v1/resources")
@example("GET", b"/v1/resources\n")
@example("GET", b"/v1/resources\r\n")
def test_only_listed_paths_match_and_only_their_own_rule(method: str, path: bytes) -> None:
    matched = MATCHER.match(method, path)
    fitting = [r for r, s in SHAPES if r.method == method and s.fullmatch(path)]
    assert (matched is not None) is bool(fitting)
    if matched is not None:
        assert matched.rule in fitting


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.operation)
def test_every_rule_can_be_met(rule: Rule) -> None:
    names = re.findall(r"\{(\w+)\}", rule.path)
    values = {name: str(uuid4()) for name in names}
    matched = MATCHER.match(rule.method, rule.path.format(**values).encode())
    assert matched is not None
    assert (matched.rule, matched.values) == (rule, values)


def test_a_literal_segment_wins_over_a_named_one() -> None:
    named = Rule("GET", "/v1/{thing}/x", "catalog", RULES[0].permission)
    literal = Rule("GET", "/v1/things/x", "catalog", RULES[0].permission)
    for order in ([named, literal], [literal, named]):
        found = Matcher(order).match("GET", b"/v1/things/x")
        assert found is not None
        assert (found.rule, found.values) == (literal, {})


def test_a_path_beyond_all_measure_matches_nothing() -> None:
    assert MATCHER.match("GET", b"/v1/resources/" + b"a" * 600) is None


def test_an_id_is_read_from_a_named_segment_alone() -> None:
    grant = uuid4()
    assert uuid_in({"grant": str(grant)}, "grant") == grant
    assert uuid_in({"grant": "no id"}, "grant") is None
    assert uuid_in({}, "grant") is None
