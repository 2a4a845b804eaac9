"""Check characters, against python-stdnum as the oracle."""

from datetime import date

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from services.exchange.tables.identifiers import passes
from shared.events.catalog import Standard

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
BODIES = st.tuples(
    st.text(alphabet="0123456789", min_size=8, max_size=8),
    st.text(alphabet=ALPHABET, min_size=9, max_size=9),
).map("".join)
NOISE = st.text(alphabet=ALPHABET + "IOSVZaz １-", max_size=20)


def one(text: str, standard: Standard) -> bool:
    return bool(passes(pl.Series([text]), standard).item())


@settings(deadline=None)
@given(BODIES, st.sampled_from(ALPHABET))
def test_credit_codes_pass_exactly_when_gb_32100_says_so(body: str, check: str) -> None:
    assert one(body + check, Standard.CREDIT_CODE) == uscc.is_valid(body + check)
    assert one(body + uscc.calc_check_digit(body), Standard.CREDIT_CODE)


@settings(deadline=None)
@given(NOISE)
def test_what_is_no_credit_code_never_passes(text: str) -> None:
    # stdnum forgives blanks, hyphens and small letters; those are taken away before this check.
    strict = text == uscc.compact(text) and uscc.is_valid(text)
    assert one(text, Standard.CREDIT_CODE) == strict


@settings(deadline=None)
@given(
    st.integers(110000, 659999),
    st.dates(min_value=date(1900, 1, 1)),
    st.integers(0, 999),
    st.sampled_from("0123456789X"),
)
def test_identity_numbers_pass_exactly_when_gb_11643_says_so(
    place: int, born: date, order: int, check: str
) -> None:
    body = f"{place}{born:%Y%m%d}{order:03d}"
    number = body + check
    correct = ric.calc_check_digit(number) == check
    assert one(number, Standard.IDENTITY_NUMBER) == correct


@settings(deadline=None)
@given(st.text(alphabet="0123456789Xx", min_size=15, max_size=18))
def test_identity_numbers_of_wrong_shape_or_birth_date_do_not_pass(text: str) -> None:
    def valid() -> bool:
        if not (len(text) == 18 and text[:-1].isdigit() and text[0] != "0"):
            return False
        try:
            ric.get_birth_date(text)
        except ValidationError:
            return False
        return ric.calc_check_digit(text) == text[-1]

    assert one(text, Standard.IDENTITY_NUMBER) == valid()


def test_an_absent_number_is_neither_right_nor_wrong() -> None:
    found = passes(pl.Series([None, "x"], dtype=pl.String), Standard.CREDIT_CODE)
    assert found.to_list() == [None, False]
