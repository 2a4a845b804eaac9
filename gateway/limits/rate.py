"""A rate: so many requests in so many seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests at once at most, and as many again in so many seconds."""

    requests: int
    seconds: int

    @classmethod
    def read(cls, text: str) -> "Rate":
        """The rate that `1000/10` means: a thousand in ten seconds. Raises ValueError."""
        requests, _, seconds = text.partition("/")
        try:
            found = cls(int(requests), int(seconds))
        except ValueError:
            raise ValueError("a rate is written requests/seconds, for example 1000/10") from None
        if not (0 < found.requests <= 10_000_000 and 0 < found.seconds <= 3600):
            raise ValueError("a rate is at most 10000000 requests in at most 3600 seconds")
        return found

    def times(self, weight: int) -> "Rate":
        """The rate of whose share is so many times another's."""
        return self if weight == 1 else Rate(self.requests * weight, self.seconds)

    def share(self, gateways: int) -> "Rate":
        """What one of so many gateways admits of it, at least one request."""
        return Rate(max(1, self.requests // gateways), self.seconds)
