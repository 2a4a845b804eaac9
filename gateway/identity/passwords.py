"""Passwords and client secrets: argon2, verified away from the event loop."""

import asyncio
import os

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

# Tests register hundreds of accounts; nothing else has a reason to hash weakly. Whoever can set
# this variable can set the database too.
_WEAK = os.environ.get("WEAK_PASSWORD_HASHES") == "for tests"
_hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if _WEAK else PasswordHasher()
# A valid hash of nothing that anybody knows: an unknown name takes as long as a known one.
_DECOY = _hasher.hash("an unknown name takes as long to refuse as a wrong password")


def hashed(secret: str) -> str:
    """The argon2id hash of a password or a client secret."""
    return _hasher.hash(secret)


async def fits(secret_hash: str | None, secret: str) -> bool:
    """Whether the secret belongs to the hash; takes the same time when there is no hash."""
    return await asyncio.to_thread(_verify, secret_hash, secret)


def _verify(secret_hash: str | None, secret: str) -> bool:
    try:
        good = _hasher.verify(secret_hash or _DECOY, secret)
    except (Argon2Error, InvalidHashError):
        return False
    return good and secret_hash is not None
