"""Where a source may stand, in the words of those who register it. Pure."""

from typing import Final
from urllib.parse import SplitResult

from shared.errors import Conflict
from shared.reach import OutOfReach, Reach, Why

_REMEDIES: Final = {
    Why.HOST: "Ask them to add it to HUITONG_HARVEST_HOSTS.",
    Why.INNER: "They can allow that in HUITONG_HARVEST_INNER_HOSTS.",
}


class SourceNotAllowed(Conflict):
    """The address is none that this installation lets sources stand at."""

    code = "source-not-allowed"
    title = "Source not allowed"

    @classmethod
    def because(cls, refusal: OutOfReach) -> "SourceNotAllowed":
        """The refusal, with what can be done about it."""
        return cls(" ".join([str(refusal), _REMEDIES.get(refusal.why, "")]).strip())


class Allowed(Reach):
    """The hosts that sources may stand at."""

    def check(self, address: str) -> SplitResult:
        """The address in its parts. Raises SourceNotAllowed."""
        try:
            return self.parts(address)
        except OutOfReach as refusal:
            raise SourceNotAllowed.because(refusal) from None
