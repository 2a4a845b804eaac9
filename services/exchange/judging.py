"""What a checked batch may do: be published, be refused as a whole, or wait for its provider."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from services.exchange.tables.counts import Counts
from services.exchange.tables.refusals import BatchRefused

# A snapshot that keeps less than this share of the rows that stand waits for a person's eyes.
LEAST_KEPT = 0.5


@dataclass(frozen=True, slots=True)
class Terms:
    """What the provider set for the resource (shares of 1) and stated of this batch.

    `stands` is how many rows stand before it, where that is known; `confirmed` says that its
    provider looked at it and wants it as it is.
    """

    most_rejected: float | None = None
    least_kept: float = LEAST_KEPT
    rows: int | None = None
    item: str | None = None
    total: Decimal | None = None
    dry_run: bool = False
    confirmed: bool = False
    stands: int | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a snapshot waits: rows that stand, and rows that would."""

    code: str
    detail: str
    before: int
    after: int


def refusal(terms: Terms, counts: Counts) -> BatchRefused | None:
    """Why the batch is refused as a whole, or None. Both numbers are named (baoji-2017 §17)."""
    if terms.rows is not None and terms.rows != counts.rows_in:
        return BatchRefused(
            "rows-differ",
            f"声明 {terms.rows} 行，实收 {counts.rows_in} 行 "
            f"(stated {terms.rows} rows, {counts.rows_in} arrived)",
        )
    if terms.total is not None and terms.total != counts.total:
        stated, arrived = _plain(terms.total), _plain(counts.total)
        return BatchRefused(
            "sum-differs",
            f"信息项 {terms.item} 声明合计 {stated}，实收合计 {arrived} "
            f"(the sum of {terms.item}: stated {stated}, {arrived} arrived)",
        )
    if terms.most_rejected is not None and _beyond(
        counts.rejected, counts.rows_in, terms.most_rejected
    ):
        return BatchRefused(
            "too-many-rejected",
            f"{counts.rows_in} 行中有 {counts.rejected} 行被拒收，超过设定的比例 "
            f"{terms.most_rejected:g} ({counts.rejected} of {counts.rows_in} rows are rejected, "
            f"more than the share of {terms.most_rejected:g} that the rules allow)",
        )
    return None


def hold(terms: Terms, before: int, after: int) -> Hold | None:
    """Why a snapshot that leaves `after` of `before` rows must wait, or None."""
    if terms.confirmed:
        return None
    if not after:
        code, what = "snapshot-empty", "全量批次为空 (the snapshot is empty)"
    elif before and _short(after, before, terms.least_kept):
        code = "snapshot-shrank"
        what = (
            f"全量批次由 {before} 行减至 {after} 行，低于设定的比例 {terms.least_kept:g} "
            f"({before} rows stand and {after} would, below the share of {terms.least_kept:g})"
        )
    else:
        return None
    return Hold(code, what, before, after)


def _beyond(part: int, whole: int, share: float) -> bool:
    return Fraction(part) > whole * Fraction(str(share))


def _short(part: int, whole: int, share: float) -> bool:
    return Fraction(part) < whole * Fraction(str(share))


def _plain(number: Decimal) -> str:
    """The number without an exponent and without zeros that say nothing."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
