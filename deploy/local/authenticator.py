"""An example person's authenticator, whose key is kept beside the password (0600)."""

import time
from base64 import b32decode
from collections.abc import Callable, Iterator
from datetime import timedelta

from gateway.second_factor.totp import code
from shared import clock

_STEP_SECONDS = 30


class Authenticator:
    """One-time codes as a telephone shows them. `keep` is told a new key, in base 32."""

    def __init__(self, key: str | None, keep: Callable[[str], None]) -> None:
        self._key = key
        self._keep = keep

    @property
    def has_key(self) -> bool:
        """Whether it has taken a key in, now or on an earlier day."""
        return self._key is not None

    def take(self, key: str) -> None:
        """Take a key in. It is kept before it counts: a crash leaves none that nobody has."""
        self._keep(key)
        self._key = key

    def codes(self) -> Iterator[str]:
        """The codes to try: each is good once, so after this one the next, and the one after it
        when its time has come.
        """
        secret = b32decode(self._key or "")
        begun = clock.now()
        for step in range(2):
            yield code(secret, begun + timedelta(seconds=_STEP_SECONDS * step))
        time.sleep(_STEP_SECONDS - begun.timestamp() % _STEP_SECONDS + 0.5)
        yield code(secret, clock.now() + timedelta(seconds=_STEP_SECONDS))
