"""If-Match, as RFC 9110 has it."""

import pytest

from shared.preconditions import matches


@pytest.mark.parametrize("sent", ['"3"', ' "3" ', '"1", "3"', '"1","3" , "x"', "*", " * "])
def test_a_header_that_names_the_tag_or_says_any_matches(sent: str) -> None:
    assert matches(sent, '"3"')


@pytest.mark.parametrize("sent", ["", "3", '"4"', 'W/"3"', '"33"', '"1", W/"3"', "**", '"3'])
def test_another_or_weak_or_broken_tag_does_not(sent: str) -> None:
    assert not matches(sent, '"3"')
