"""Shows how far bytes have come: a moving line on a terminal, plain lines elsewhere."""

import sys
import time
from typing import TextIO

from huitong_client.sentences import say

_STEADY = 0.1
_PLAIN = 10.0


class Meter:
    """One transfer. Called with the bytes that are there and the bytes of the whole."""

    def __init__(self, label: str, out: TextIO | None = None) -> None:
        self._label = label
        self._out = out or sys.stderr
        self._moving = self._out.isatty()
        self._every = _STEADY if self._moving else _PLAIN
        self._began: tuple[float, int] | None = None
        self._shown_at = 0.0
        self._last = -1

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if self._began is None or done < self._last:
            # A part of an earlier attempt did not move just now: it does not count in the rate.
            self._began = (now, done)
            if not self._moving:
                self._shown_at = now
        finished = done >= total
        if finished and self._last == done:
            return
        self._last = done
        if not finished and now - self._shown_at < self._every:
            return
        self._shown_at = now
        began_at, began_with = self._began
        rate = (done - began_with) / max(now - began_at, 0.001)
        line = say(
            "progress",
            label=self._label,
            done=size(done),
            total=size(total),
            percent=100 if total == 0 else done * 100 // total,
            rate=size(int(rate)),
        )
        if self._moving:
            self._out.write(f"\r\x1b[K{line}" + ("\n" if finished else ""))
        else:
            self._out.write(line + "\n")
        self._out.flush()


def size(count: int) -> str:
    """Bytes for a person: 999 B, 1.2 MB (powers of 1000, as disks and lines are sold)."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
