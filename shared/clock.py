"""The platform's one clock: UTC, and the local date where law counts days.

Only use cases and workers read it; everything below them is handed `at`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_shift = timedelta(0)


def now() -> datetime:
    """The present moment, timezone-aware, in UTC."""
    at = datetime.now(UTC)
    return at + _shift if _shift else at


def local_date(at: datetime, timezone: str) -> date:
    """The calendar day of `at` where the installation stands, e.g. in `Asia/Shanghai`."""
    return at.astimezone(ZoneInfo(timezone)).date()


def midnight(day: date, timezone: str) -> datetime:
    """The moment, in UTC, at which that day begins where the installation stands."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


@contextmanager
def turn(to: datetime) -> Iterator[None]:
    """Turn the clock to `to` and let it run on from there, until the block ends."""
    global _shift
    before = _shift
    _shift = to - datetime.now(UTC)
    try:
        yield
    finally:
        _shift = before
