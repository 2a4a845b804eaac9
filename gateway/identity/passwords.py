"""Passwords and client secrets: argon2, away from the event loop, and never too many at once."""

import asyncio
import contextlib
import os
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from shared.errors import TooMany, Unavailable

# Tests register hundreds of accounts; nothing else has a reason to hash weakly. Whoever can set
# this variable can set the database too.
_WEAK = os.environ.get("WEAK_PASSWORD_HASHES") == "for tests"
_hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if _WEAK else PasswordHasher()
# A valid hash of nothing that anybody knows: an unknown name takes as long as a known one.
_DECOY = _hasher.hash("an unknown name takes as long to refuse as a wrong password")
_NICENESS = 10


class LogInsBusy(Unavailable):
    """More passwords are being checked than the gateway has time for."""

    code = "log-ins-busy"
    title = "Too many log-ins at once"


class LogInsFromHere(TooMany):
    """One network address asks for more checks at once than its share."""

    code = "log-ins-from-here"
    title = "Too many log-ins from here"


def hashed(secret: str) -> str:
    """The argon2id hash of a password or a client secret."""
    return _hasher.hash(secret)


def verified(secret_hash: str | None, secret: str) -> bool:
    """Whether the secret belongs to the hash; takes the same time when there is no hash."""
    try:
        good = _hasher.verify(secret_hash or _DECOY, secret)
    except (Argon2Error, InvalidHashError):
        return False
    return good and secret_hash is not None


class Hashing:
    """So many computations at once and so many waiting, of which one address has half at most.

    Their threads give way to the event loop's, so that a flood of log-ins takes what is left of
    the processor and no more.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._threads = ThreadPoolExecutor(at_once, "hashing", initializer=_give_way)
        self._most = at_once + waiting
        self._inside: Counter[str] = Counter()

    async def fits(self, secret_hash: str | None, secret: str, address: str) -> bool:
        """`verified`, in its turn. Raises LogInsBusy, LogInsFromHere."""
        with self._place(address):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, verified, secret_hash, secret)

    async def hashed(self, secret: str, address: str) -> str:
        """`hashed`, in its turn. Raises LogInsBusy, LogInsFromHere."""
        with self._place(address):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, hashed, secret)

    def check_room(self, address: str) -> None:
        """Refuse before anything was done for it. Raises LogInsBusy, LogInsFromHere."""
        if self._inside.total() >= self._most:
            raise LogInsBusy("Too many log-ins at this moment; try again.", retry_after=2)
        if self._inside[address] >= max(1, self._most // 2):
            raise LogInsFromHere("Too many log-ins at once from here; try again.", retry_after=2)

    @contextlib.contextmanager
    def _place(self, address: str) -> Iterator[None]:
        self.check_room(address)
        self._inside[address] += 1
        try:
            yield
        finally:
            self._inside[address] -= 1
            if not self._inside[address]:
                del self._inside[address]


def _give_way() -> None:
    # On Linux this is a thread's own, and the threads that the computation starts inherit it.
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
