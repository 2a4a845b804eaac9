"""What has arrived of a source that numbers its messages without gaps: nothing else may be missing.

Pure. A source counts from 1. A number that is jumped over opens a gap; its late arrival narrows,
splits or heals the gap. A number that comes a second time under another id is counted as repeated.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """The numbers `first` to `last`, both included, that have not arrived."""

    first: int
    last: int
    noticed: datetime


@dataclass(slots=True)
class Sequences:
    """One source's bookkeeping."""

    highest: int = 0
    arrived: int = 0
    repeated: int = 0
    gaps: list[Gap] = field(default_factory=list)

    def arrive(self, number: int, at: datetime) -> None:
        """Note one message; `at` is when a gap that it opens was noticed."""
        self.arrived += 1
        if number == self.highest + 1:
            self.highest = number
        elif number > self.highest:
            self.gaps.append(Gap(self.highest + 1, number - 1, at))
            self.highest = number
        else:
            self._late(number)

    @property
    def missing(self) -> int:
        """How many numbers up to the highest have not arrived."""
        return sum(gap.last - gap.first + 1 for gap in self.gaps)

    def _late(self, number: int) -> None:
        for place, gap in enumerate(self.gaps):
            if gap.first <= number <= gap.last:
                rest = [
                    Gap(gap.first, number - 1, gap.noticed),
                    Gap(number + 1, gap.last, gap.noticed),
                ]
                self.gaps[place : place + 1] = [part for part in rest if part.first <= part.last]
                return
        self.repeated += 1


def spoken(gaps: Iterable[Gap], most: int = 5) -> str:
    """The gaps in words, at most `most` of them: "7, 12 to 15"."""
    found = list(gaps)
    words = [str(g.first) if g.first == g.last else f"{g.first} to {g.last}" for g in found[:most]]
    return ", ".join(words) + (f" and {len(found) - most} more" if len(found) > most else "")
