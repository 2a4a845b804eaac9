"""How fast each machine and person may call: a token bucket each (GCRA). Pure, in memory.

Headers as in draft-ietf-httpapi-ratelimit-headers-11: RateLimit-Policy names the policy
"caller", RateLimit says what is left of it.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from gateway.limits.rate import Rate
from gateway.live import Member
from shared.errors import TooMany
from shared.principal import PrincipalKind

Header = tuple[bytes, bytes]
_NANOSECONDS: Final = 1_000_000_000
# Buckets of callers that are gone are looked for when there are so many.
_MANY: Final = 10_000


class RateExceeded(TooMany):
    """This machine or person has called faster than it may."""

    code = "rate-exceeded"
    title = "Too many requests"


class _Bucket:
    """One caller's bucket. It is full again at `full_at` (monotonic nanoseconds)."""

    __slots__ = ("full_at", "interval", "policy", "told", "window")

    def __init__(self, told: tuple[int, int] | None, rate: Rate, full_at: int) -> None:
        self.told = told
        self.interval = rate.seconds * _NANOSECONDS // rate.requests
        self.window = self.interval * rate.requests
        self.full_at = full_at
        policy = b'"caller";q=%d;w=%d' % (rate.requests, rate.seconds)
        self.policy = (b"ratelimit-policy", policy)


class Rates:
    """Every caller's bucket. `machine` and `person` hold where no rate was set for a caller, so
    many times faster as the department's weight says.

    `gateways` is the number of gateway processes: each admits its share.
    """

    def __init__(
        self,
        machine: Rate,
        person: Rate,
        gateways: int,
        weights: Mapping[UUID, int] | None = None,
    ) -> None:
        self._weights = weights or {}
        self._machine = machine
        self._person = person
        self._gateways = gateways
        self._buckets: dict[UUID, _Bucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, member: Member, now: int, headers: list[Header]) -> RateExceeded | None:
        """Take one request of the caller at `now`, in monotonic nanoseconds.

        The two fields are added to `headers`. Returns the refusal, None where it may go on.
        """
        bucket = self._buckets.get(member.id)
        if bucket is None or bucket.told != member.rate:
            bucket = self._renew(member, bucket, now)
        headers.append(bucket.policy)
        full_at = max(now, bucket.full_at) + bucket.interval
        room = bucket.window - (full_at - now)
        if room < 0:
            wait = -(room // _NANOSECONDS)
            headers.append((b"ratelimit", b'"caller";r=0;t=%d' % wait))
            return RateExceeded(
                f"You have called faster than you may; go on in {wait} s.", retry_after=wait
            )
        bucket.full_at = full_at
        until_full = -((now - full_at) // _NANOSECONDS)
        left = room // bucket.interval
        headers.append((b"ratelimit", b'"caller";r=%d;t=%d' % (left, until_full)))
        return None

    def _renew(self, member: Member, before: _Bucket | None, now: int) -> _Bucket:
        """The bucket under the rate of now; what was used before stays used."""
        usual = self._machine if member.kind is PrincipalKind.CLIENT else self._person
        usual = usual.times(self._weights.get(member.department, 1))
        told = usual if member.rate is None else Rate(*member.rate)
        rate = told.share(self._gateways)
        bucket = _Bucket(member.rate, rate, now)
        if before is not None and before.full_at > now:
            used = -((now - before.full_at) // before.interval)
            bucket.full_at = now + min(used, rate.requests) * bucket.interval
        elif len(self._buckets) >= _MANY:
            # A full bucket remembers nothing: whoever comes back gets a new one.
            self._buckets = {who: b for who, b in self._buckets.items() if b.full_at > now}
        self._buckets[member.id] = bucket
        return bucket
