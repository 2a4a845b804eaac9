"""Which bytes of a file a request asks for (RFC 9110 §13 and §14). Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Verdict(Enum):
    """What to answer with."""

    WHOLE = 200
    PART = 206
    UNCHANGED = 304
    CHANGED = 412
    UNSATISFIABLE = 416


@dataclass(frozen=True, slots=True)
class Wanted:
    """The verdict, and the bytes `start` up to and without `stop` that go with it."""

    verdict: Verdict
    start: int
    stop: int


def wanted(headers: Mapping[str, str], size: int, etag: str) -> Wanted:
    """What the headers (lower-case names) ask for of a file with this entity tag.

    One range is served as a part; several, other units and malformed ones are passed over, as
    the RFC allows, and the whole is served.
    """
    whole = Wanted(Verdict.WHOLE, 0, size)
    if "if-match" in headers and not _matches(headers["if-match"], etag, weak=False):
        return Wanted(Verdict.CHANGED, 0, 0)
    if "if-none-match" in headers and _matches(headers["if-none-match"], etag, weak=True):
        return Wanted(Verdict.UNCHANGED, 0, 0)
    found = _ONE_RANGE.fullmatch(headers.get("range", "").strip())
    if found is None:
        return whole
    # A date, or another tag, in If-Range: the file is not known to be the same.
    if headers.get("if-range", etag).strip() != etag:
        return whole
    first, last = found.groups()
    if not first and not last:
        return whole
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start = int(first)
        if last and int(last) < start:
            return whole
        stop = min(size, int(last) + 1) if last else size
    if start >= stop:
        return Wanted(Verdict.UNSATISFIABLE, 0, 0)
    return Wanted(Verdict.PART, start, stop)


def _matches(field: str, etag: str, *, weak: bool) -> bool:
    tags = [tag.strip() for tag in field.split(",")]
    if weak:
        tags = [tag.removeprefix("W/") for tag in tags]
    return "*" in tags or etag in tags
