"""Failed log-ins slow the next try down, per name and network, and are told to the access log.

Counted by both together, so that nobody can lock another person out from elsewhere. From the
same network one could: a browser in which a person has logged in before therefore counts for
itself (gateway/oauth/browsers.py). Neither names nor browsers are recorded.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.strangers import network
from shared.errors import TooMany

_FREE_TRIES = 5
_WINDOW = timedelta(minutes=5)
_MOST = 10_000
_LONGEST_NAME = 64

WRONG_PASSWORD = "password-wrong"  # noqa: S105 - the name of a reason
WRONG_CODE = "second-factor-wrong"
WRONG_SECRET = "client-secret-wrong"  # noqa: S105 - the name of a reason

Refused = Callable[[str, str, datetime], None]


class TooManyAttempts(TooMany):
    """Too many failed log-ins for this name from this address."""

    code = "too-many-attempts"
    title = "Too many attempts"


class Attempts:
    """Failed tries of the last minutes, bounded in memory.

    `refused` is told of each failure: address, reason and moment (gateway/strangers.py).
    """

    def __init__(self, refused: Refused) -> None:
        self._failed: OrderedDict[tuple[str, str], tuple[int, datetime]] = OrderedDict()
        self._refused = refused

    def check(self, name: str, address: str, at: datetime, browser: str | None = None) -> None:
        """Refuse a try that comes too soon. Raises TooManyAttempts."""
        count, last = self._failed.get(_place(name, address, browser), (0, at))
        if count >= _FREE_TRIES and at - last < _WINDOW:
            wait = int((_WINDOW - (at - last)).total_seconds()) + 1
            self._refused(address, TooManyAttempts.code, at)
            raise TooManyAttempts(
                f"Too many failed tries for this name from here; wait {wait} seconds.",
                retry_after=wait,
            )

    def failed(
        self, name: str, address: str, at: datetime, reason: str, browser: str | None = None
    ) -> None:
        """Count a failed try, and record it without the name."""
        place = _place(name, address, browser)
        count, last = self._failed.pop(place, (0, at))
        if at - last >= _WINDOW:
            count = 0
        self._failed[place] = (count + 1, at)
        if len(self._failed) > _MOST:
            self._failed.popitem(last=False)
        self._refused(address, reason, at)

    def succeeded(self, name: str, address: str, browser: str | None = None) -> None:
        """Forget the failures before a success."""
        self._failed.pop(_place(name, address, browser), None)


def _place(name: str, address: str, browser: str | None) -> tuple[str, str]:
    # A name may be as long as a header; what is remembered of it may not.
    return name[:_LONGEST_NAME], browser or network(address)
