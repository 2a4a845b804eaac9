"""Identifiers: UUIDv7 (RFC 9562), so that ids sort by the time they were given."""

import os
import time
from uuid import UUID

_RANDOM_BITS = 74
_EACH = 10
_AT_ONCE = 512


class _Randomness:
    """Random bytes of the operating system, asked for many at a time."""

    def __init__(self) -> None:
        self._bytes = b""
        self._used = 0

    def forget(self) -> None:
        """Ask anew: a process that forked must not give its parent's ids."""
        self._bytes, self._used = b"", 0

    def bits(self) -> int:
        """As many random bits as an id holds."""
        if self._used >= len(self._bytes):
            self._bytes, self._used = os.urandom(_EACH * _AT_ONCE), 0
        used = self._used
        self._used = used + _EACH
        return int.from_bytes(self._bytes[used : used + _EACH], "big") >> (8 * _EACH - _RANDOM_BITS)


_randomness = _Randomness()
os.register_at_fork(after_in_child=_randomness.forget)


def _fresh() -> int:
    milliseconds, random = time.time_ns() // 1_000_000, _randomness.bits()
    # 48 bits of time, version 7, 12 random bits, variant 2, 62 random bits (RFC 9562 §5.7).
    high = milliseconds << 16 | 0x7000 | random >> 62
    return high << 64 | 0x8000_0000_0000_0000 | random & 0x3FFF_FFFF_FFFF_FFFF


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return UUID(int=_fresh())


def new_text() -> str:
    """A fresh UUIDv7 in its usual writing, where nothing else of it is needed."""
    digits = f"{_fresh():032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
