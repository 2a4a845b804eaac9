"""Which bytes a request asks for, against the examples and rules of RFC 9110."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exchange.ranges import Verdict, Wanted, wanted

TAG = '"abc"'
WHOLE = Wanted(Verdict.WHOLE, 0, 10_000)


@pytest.mark.parametrize(
    ("field", "start", "stop"),
    [
        ("bytes=0-499", 0, 500),
        ("bytes=500-999", 500, 1000),
        ("bytes=-500", 9500, 10_000),
        ("bytes=9500-", 9500, 10_000),
        ("bytes=0-0", 0, 1),
        ("bytes=-1", 9999, 10_000),
        ("bytes=9999-99999", 9999, 10_000),
        ("bytes=-99999", 0, 10_000),
    ],
)
def test_one_range_is_served_as_a_part(field: str, start: int, stop: int) -> None:
    assert wanted({"range": field}, 10_000, TAG) == Wanted(Verdict.PART, start, stop)


@pytest.mark.parametrize(
    "field", ["bytes=0-1,5-6", "lines=1-2", "bytes=5-2", "bytes=-", "bytes=x-", "nonsense"]
)
def test_what_is_not_one_plain_range_is_passed_over(field: str) -> None:
    assert wanted({"range": field}, 10_000, TAG) == WHOLE


@pytest.mark.parametrize("field", ["bytes=10000-", "bytes=10000-10001", "bytes=-0"])
def test_a_range_outside_the_file_cannot_be_satisfied(field: str) -> None:
    assert wanted({"range": field}, 10_000, TAG).verdict is Verdict.UNSATISFIABLE


def test_a_part_is_resumed_only_of_the_same_file() -> None:
    part = {"range": "bytes=5-"}
    assert wanted(part | {"if-range": TAG}, 10_000, TAG).verdict is Verdict.PART
    assert wanted(part | {"if-range": '"other"'}, 10_000, TAG) == WHOLE
    assert wanted(part | {"if-range": f"W/{TAG}"}, 10_000, TAG) == WHOLE
    assert wanted(part | {"if-range": "Sun, 22 Nov 2026 00:00:00 GMT"}, 10_000, TAG) == WHOLE


def test_conditions_on_the_entity_tag() -> None:
    assert wanted({"if-none-match": f'"x", W/{TAG}'}, 9, TAG).verdict is Verdict.UNCHANGED
    assert wanted({"if-none-match": '"x"'}, 9, TAG).verdict is Verdict.WHOLE
    assert wanted({"if-match": f'"x", {TAG}'}, 9, TAG).verdict is Verdict.WHOLE
    assert wanted({"if-match": '"x"'}, 9, TAG).verdict is Verdict.CHANGED
    assert wanted({"if-match": "*"}, 9, TAG).verdict is Verdict.WHOLE


@given(st.text(alphabet="bytes=-,0123456789 x", max_size=24), st.integers(0, 50))
def test_whatever_is_asked_the_bytes_lie_inside_the_file(field: str, size: int) -> None:
    found = wanted({"range": field}, size, TAG)
    assert 0 <= found.start <= found.stop <= size
    if found.verdict is Verdict.PART:
        assert found.start < found.stop
