"""The crowd: how many connections callers hold open, in all and from one address.

Each is memory and a file; without a bound, whoever opens the most takes everybody's.
"""

from collections import Counter

from gateway.strangers import network
from shared.errors import Unavailable


class ConnectionsFull(Unavailable):
    """As many connections are open as this gateway, or this address, may hold."""

    code = "connections-full"
    title = "Too many connections"


class Crowd:
    """Counts connections: at most `most` in all, and `each` from one address."""

    def __init__(self, most: int, each: int) -> None:
        self._most = most
        self._each = each
        self._all = 0
        self._from: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._all

    def enter(self, address: str) -> ConnectionsFull | None:
        """Count a connection of that address, or say why it may not be. Who entered leaves."""
        if self._all >= self._most:
            return ConnectionsFull("The gateway holds all the connections it can.", retry_after=5)
        place = network(address)
        if self._from[place] >= self._each:
            return ConnectionsFull(
                "Your address holds all the connections it may; use those it has.", retry_after=5
            )
        self._all += 1
        self._from[place] += 1
        return None

    def leave(self, address: str) -> None:
        """A counted connection is over."""
        place = network(address)
        self._all -= 1
        self._from[place] -= 1
        if not self._from[place]:
            del self._from[place]
