"""What the commands say on the terminal: one line a step, with the time that it took."""

import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

_WIDTH = 14


class Progress:
    """A line for each step; on a terminal a step shows while it runs."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()

    @contextmanager
    def step(self, name: str, doing: str = "…") -> Iterator[list[str]]:
        """A step; what its block appends to the list stands on the line at the end."""
        began = time.monotonic()
        said: list[str] = []
        if self._live:
            print(f"  {name:<{_WIDTH}} {doing}", end="", flush=True)
        try:
            yield said
        except BaseException:
            self._line(name, "failed", began)
            raise
        self._line(name, " ".join(said) or "done", began)

    def _line(self, name: str, text: str, began: float) -> None:
        start = "\r\033[K" if self._live else ""
        seconds = f"{time.monotonic() - began:5.1f} s"
        print(f"{start}  {name:<{_WIDTH}} {text}{' ' * (54 - columns(text))} {seconds}", flush=True)


def columns(text: str) -> int:
    """How many columns of a terminal `text` takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def megabytes(size: int) -> str:
    """A number of bytes as megabytes."""
    return f"{size / 1e6:.0f} MB"


def duration(seconds: float) -> str:
    """A time span in its two largest units."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days} d {hour} h"
    if hours:
        return f"{hours} h {minute} min"
    return f"{minute} min {second} s" if minutes else f"{second} s"
