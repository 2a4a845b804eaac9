"""Refusals of strangers, added up, so that nobody can fill the log by knocking."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from ipaddress import ip_address, ip_network

from gateway.records import Record, Recorder
from shared import clock
from shared.background import beside
from shared.ids import new_id

_EVERY_SECONDS = 60
_MOST = 1_000


def network(address: str) -> str:
    """The address itself; of IPv6 the network of 64 bits, all of which one stranger has."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(ip_network((int(found), 64), strict=False))


class Strangers:
    """Counts per network address and reason, recorded once a minute."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._counts: dict[tuple[str, str], tuple[int, datetime]] = {}

    def refused(self, address: str, reason: str, at: datetime) -> None:
        """Count one refusal. Addresses past the bound are counted together."""
        place = (network(address), reason)
        if place not in self._counts and len(self._counts) >= _MOST:
            place = ("others", reason)
        count, first = self._counts.get(place, (0, at))
        self._counts[place] = (count + 1, first)

    @contextlib.asynccontextmanager
    async def counting(self) -> AsyncIterator[None]:
        """Record the sums for as long as the block runs, and what is left at its end."""
        try:
            async with beside(self._record_for_ever()):
                yield
        finally:
            self._record()

    async def _record_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            self._record()

    def _record(self) -> None:
        counts, self._counts = self._counts, {}
        at = clock.now()
        for (address, reason), (count, first) in counts.items():
            record = Record(
                kind="decided",
                access_id=new_id(),
                operation="strangers",
                decision="refused",
                reason=reason,
                received=first,
                finished=at,
                address=address,
                count=count,
            )
            self._recorder.note(record, at)
