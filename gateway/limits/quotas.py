"""What may be used under a grant in one local day: calls, and keys looked up. In memory.

A quota keeps use to its purpose (baoji-2017 §18). Calls are counted when they are admitted.
How many keys a look-up asks for is known only behind the gateway: each look-up is told how many
it may ask for at most, holds as many while it is under way, and gives back what it did not use;
so a quota of keys is never passed, however many look-ups run at once.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from gateway.live import LiveGrant
from shared import clock
from shared.errors import DomainError, TooMany, Unavailable
from shared.ids import new_id

Header = tuple[bytes, bytes]
MOST_KEYS: Final = 1000
"""Of one look-up (services/exchange/lookup.py)."""
# The shortest key in a body is an empty text and a comma.
_BYTES_OF_A_KEY: Final = 3
_DAY_SECONDS: Final = 86_400


class GrantQuotaExceeded(TooMany):
    """What the provider lets be used of this grant in one day has been used."""

    code = "grant-quota-exceeded"
    title = "Quota of the grant used up"


class GrantUsageUnknown(Unavailable):
    """What was used of this grant today is not known yet, so nothing is given."""

    code = "grant-usage-unknown"
    title = "Usage of the grant unknown"


@dataclass(slots=True)
class Use:
    """What was used of one grant on one day: here, and elsewhere (other gateway processes, and
    this one's lives before). `held` keys belong to look-ups under way."""

    calls: int = 0
    keys: int = 0
    calls_elsewhere: int = 0
    keys_elsewhere: int = 0
    held: int = 0
    kept_calls: int = 0
    kept_keys: int = 0

    @property
    def all_calls(self) -> int:
        """Calls of the day, wherever they came in."""
        return self.calls + self.calls_elsewhere

    @property
    def all_keys(self) -> int:
        """Keys of the day, wherever they were asked for."""
        return self.keys + self.keys_elsewhere


@dataclass(slots=True)
class Day:
    """One local day: from `begins` until `ends`, in UTC, and what was used on it."""

    day: date
    begins: datetime
    ends: datetime
    # Under which this process keeps its numbers of the day; all other numbers are elsewhere.
    source: UUID = field(default_factory=new_id)
    # What was used elsewhere was heard at least once.
    known: bool = False
    used: dict[UUID, Use] = field(default_factory=dict)

    def use(self, grant: UUID) -> Use:
        """What was used of a grant."""
        found = self.used.get(grant)
        if found is None:
            found = self.used[grant] = Use()
        return found


@dataclass(slots=True)
class Held:
    """What a look-up under way may ask for at most, on account of which day."""

    use: Use
    keys: int


class Quotas:
    """What is used today. `timezone` is where the day is a day, e.g. `Asia/Shanghai`."""

    def __init__(self, timezone: str) -> None:
        self._timezone = timezone
        self._days: dict[date, Day] = {}
        never = datetime.min.replace(tzinfo=UTC)
        self._today = Day(date.min, never, never)

    def today(self, at: datetime) -> Day:
        """The local day of `at`, and what was used on it."""
        if not self._today.begins <= at < self._today.ends:
            self._today = self._turn(at)
        return self._today

    def days(self) -> list[Day]:
        """The days of which something is remembered: today and the one before."""
        return list(self._days.values())

    def call(self, grant: LiveGrant, at: datetime, headers: list[Header]) -> DomainError | None:
        """Count one call under a grant; return the refusal where none is left.

        What is left is added to `headers`, where the grant has a quota.
        """
        day = self.today(at)
        use = day.use(grant.id)
        limit = grant.calls_per_day
        if limit is not None:
            if not day.known:
                return _unknown()
            left = limit - use.calls - use.calls_elsewhere
            headers.append(_policy(b"grant-calls", limit))
            wait = _seconds(day.ends - at)
            if left <= 0:
                headers.append((b"ratelimit", b'"grant-calls";r=0;t=%d' % wait))
                return GrantQuotaExceeded(
                    f"This grant gives {limit} calls a day, and they have been used; "
                    f"it gives again at {self._local(day.ends)}.",
                    retry_after=wait,
                )
            headers.append((b"ratelimit", b'"grant-calls";r=%d;t=%d' % (left - 1, wait)))
        use.calls += 1
        return None

    def hold(
        self, grant: LiveGrant, length: int | None, at: datetime, headers: list[Header]
    ) -> Held | DomainError:
        """Hold keys for a look-up whose body has `length` bytes, None where that is not known.

        It may ask for as many as are held. Returns the refusal where none are left.
        """
        day = self.today(at)
        use = day.use(grant.id)
        limit = grant.keys_per_day
        bound = MOST_KEYS if length is None else min(MOST_KEYS, length // _BYTES_OF_A_KEY)
        if limit is None:
            return Held(use, MOST_KEYS)
        if not day.known:
            return _unknown()
        wait = _seconds(day.ends - at)
        left = limit - use.all_keys
        headers.append(_policy(b"grant-keys", limit))
        headers.append((b"ratelimit", b'"grant-keys";r=%d;t=%d' % (max(0, left), wait)))
        if left <= 0:
            return GrantQuotaExceeded(
                f"This grant gives {limit} keys a day, and they have been asked for; "
                f"it gives again at {self._local(day.ends)}.",
                retry_after=wait,
            )
        free = left - use.held
        if free <= 0:
            return GrantQuotaExceeded(
                "The last keys of this grant's day are being asked for by look-ups under way.",
                retry_after=1,
            )
        held = Held(use, min(free, bound))
        use.held += held.keys
        return held

    def settle(self, grant: LiveGrant, held: Held, keys: int) -> None:
        """A look-up is over: it asked for `keys`; what it held beside them is free again."""
        if grant.keys_per_day is not None:
            held.use.held -= held.keys
        held.use.keys += keys

    def _turn(self, at: datetime) -> Day:
        """The day of `at`, remembered or new. A clock that is set back finds its day again."""
        day = clock.local_date(at, self._timezone)
        if day not in self._days:
            begins = clock.midnight(day, self._timezone)
            ends = clock.midnight(day + timedelta(days=1), self._timezone)
            for old in sorted(self._days)[:-1]:
                del self._days[old]
            # When a day begins in the ordinary way nobody has used anything of it before.
            known = self._today.known and self._today.ends == begins
            self._days[day] = Day(day, begins, ends, known=known)
        return self._days[day]

    def _local(self, at: datetime) -> str:
        return f"{at.astimezone(ZoneInfo(self._timezone)):%Y-%m-%d %H:%M}"


@lru_cache(maxsize=4096)
def _policy(name: bytes, limit: int) -> Header:
    return b"ratelimit-policy", b'"%b";q=%d;w=%d' % (name, limit, _DAY_SECONDS)


def _seconds(span: timedelta) -> int:
    """Whole seconds, rounded up: nobody comes back too early."""
    return span.days * _DAY_SECONDS + span.seconds + (span.microseconds > 0)


def _unknown() -> GrantUsageUnknown:
    return GrantUsageUnknown(
        "What was used of this grant today cannot be known now; try again.", retry_after=2
    )
