"""Failed log-ins slow the next try down, per name and network address.

Counted by both together, so that nobody can lock another person out from elsewhere.
"""

from collections import OrderedDict
from datetime import datetime, timedelta

from shared.errors import TooMany

_FREE_TRIES = 5
_WINDOW = timedelta(minutes=5)
_MOST = 10_000
_LONGEST_NAME = 64


class TooManyAttempts(TooMany):
    """Too many failed log-ins for this name from this address."""

    code = "too-many-attempts"
    title = "Too many attempts"


class Attempts:
    """Failed tries of the last minutes, bounded in memory."""

    def __init__(self) -> None:
        self._failed: OrderedDict[tuple[str, str], tuple[int, datetime]] = OrderedDict()

    def check(self, name: str, address: str, at: datetime) -> None:
        """Refuse a try that comes too soon. Raises TooManyAttempts."""
        count, last = self._failed.get(_place(name, address), (0, at))
        if count >= _FREE_TRIES and at - last < _WINDOW:
            wait = int((_WINDOW - (at - last)).total_seconds()) + 1
            raise TooManyAttempts(
                f"Too many failed tries for this name from here; wait {wait} seconds.",
                retry_after=wait,
            )

    def failed(self, name: str, address: str, at: datetime) -> None:
        """Count a failed try."""
        place = _place(name, address)
        count, last = self._failed.pop(place, (0, at))
        if at - last >= _WINDOW:
            count = 0
        self._failed[place] = (count + 1, at)
        if len(self._failed) > _MOST:
            self._failed.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Forget the failures before a success."""
        self._failed.pop(_place(name, address), None)


def _place(name: str, address: str) -> tuple[str, str]:
    # A name may be as long as a header; what is remembered of it may not.
    return name[:_LONGEST_NAME], address
