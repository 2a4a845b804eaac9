"""Production mode (HUITONG_PRODUCTION): what a process refuses to start with, all of it at once.

It judges what the process was told (its environment) and what its database says of itself. A part
may add reasons of its own: `reasons(environment)` in the module `production` of its package
(gateway/production.py). Sentences name settings, never their values.
"""

import asyncio
import importlib.util
import logging
import os
import stat
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
import orjson

from shared import db

PREFIX: Final = "HUITONG_"
EXIT_STATUS: Final = 78
"""EX_CONFIG: told wrongly; starting again changes nothing."""

_KEY_BYTES: Final = 32
# Of 32 random bytes about 30 differ; fewer than 20 come from a hand, not from chance.
_KEY_VARIETY: Final = 20
_PASSWORD_LENGTH: Final = 16
_PASSWORD_VARIETY: Final = 8
_KNOWN_WORDS: Final = (
    "admin", "changeme", "default", "example", "huitong", "nats", "password", "postgres",
    "secret", "test",
)  # fmt: skip
# Settings of PostgreSQL without which an acknowledged commit may be lost.
_DURABLE: Final = ("fsync", "full_page_writes", "synchronous_commit")
_log = logging.getLogger(__name__)

Environment = Mapping[str, str]


def is_on(environment: Environment) -> bool:
    """Whether the process is told to be in production."""
    return flag(environment, "HUITONG_PRODUCTION")


def flag(environment: Environment, name: str) -> bool:
    """Whether a setting is on, as pydantic reads it."""
    return environment.get(name, "").strip().lower() in ("1", "true", "t", "yes", "y", "on")


def check(target: str) -> None:
    """Refuse to start what `module:name` names, where it is not fit for production.

    Ends the process with EXIT_STATUS and every reason on standard error.
    """
    if not is_on(os.environ):
        return
    found = asyncio.run(reasons(target, os.environ, wait=True))
    if found:
        sys.stderr.write(sentences(found))
        sys.exit(EXIT_STATUS)


def sentences(found: Iterable[str]) -> str:
    """The reasons as lines to read."""
    lines = "".join(f"  - {reason}\n" for reason in found)
    return f"This installation is not fit for production (HUITONG_PRODUCTION):\n{lines}"


async def reasons(target: str, environment: Environment, *, wait: bool) -> list[str]:
    """Every reason against starting `target`, none for a process that is fit.

    With `wait` a database that is away is waited for; else that is a reason.
    """
    found = [*told(environment), *await of_database(environment, wait=wait)]
    own = _own_of(target)
    if own is not None:
        found += await own(environment)
    return found


def told(environment: Environment) -> list[str]:
    """The reasons in what the process is told."""
    found = []
    secrets = dict(_secrets(environment))
    for name, secret in secrets.items():
        problem = weakness_of_key(secret) if "_KEY" in name else weakness_of_password(secret)
        if problem:
            found.append(f"{name} {problem}")
    found += shared_secrets(secrets)
    for name, path in _secret_files(environment):
        problem = exposure(path)
        if problem:
            found.append(f"The file of {name} {problem}")
    for name in ("HUITONG_PUBLIC_URL", "HUITONG_DOOR_URL"):
        address = environment.get(name)
        if address is not None and urlsplit(address).scheme != "https":
            found.append(f"{name} is not https: what callers send and get could be read.")
    return found


def weakness_of_key(text: str) -> str | None:
    """Why a key in hexadecimal is none, None for one that is good."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        return "is not hexadecimal."
    if len(key) < _KEY_BYTES:
        return f"is shorter than {_KEY_BYTES} bytes."
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    if len(set(key)) < _KEY_VARIETY or len(steps) == 1:
        return "was not made by chance; make one with `openssl rand -hex 32`."
    return None


def weakness_of_password(text: str) -> str | None:
    """Why a password between machines is none, None for one that is good."""
    if text.lower() in _KNOWN_WORDS:
        return "is a word that everybody tries."
    if len(text) < _PASSWORD_LENGTH or len(set(text)) < _PASSWORD_VARIETY:
        return f"can be guessed: it needs {_PASSWORD_LENGTH} characters made by chance."
    return None


def shared_secrets(secrets: Mapping[str, str]) -> list[str]:
    """The reasons in secrets that stand for two things at once."""
    holders: dict[str, list[str]] = {}
    for name, secret in secrets.items():
        holders.setdefault(secret.lower(), []).append(name)
    return [
        f"{' and '.join(sorted(names))} are the same: each needs a secret of its own."
        for names in holders.values()
        if len(names) > 1
    ]


def exposure(path: Path) -> str | None:
    """Why a file is no place for a secret, None for one that only its owner reads."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return f"cannot be read: {error.strerror}."
    if not stat.S_ISREG(mode):
        return "is no file."
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return f"can be read by others (mode {stat.S_IMODE(mode):04o}): chmod 600."
    return None


async def of_database(environment: Environment, *, wait: bool) -> list[str]:
    """The reasons in what the process's database says of itself."""
    dsn = environment.get("HUITONG_DATABASE", "")
    while True:
        try:
            connection = await asyncpg.connect(**db.asyncpg_arguments(dsn), timeout=5)
            break
        except (*db.AWAY, asyncpg.PostgresError, ValueError) as error:
            if not wait or not db.is_away(error):
                name = type(error).__name__
                return [f"The database cannot be asked ({name}): nobody knows how it keeps data."]
            _log.warning("production mode waits for the database: %s", type(error).__name__)
            await asyncio.sleep(1)
    try:
        values = {name: await connection.fetchval(f"SHOW {name}") for name in _DURABLE}
    finally:
        await connection.close(timeout=2)
    return [
        f"PostgreSQL runs with {name} = off: what it acknowledged can be lost."
        for name, value in values.items()
        if value == "off"
    ]


def _secrets(environment: Environment) -> Iterator[tuple[str, str]]:
    for name, text in environment.items():
        if not name.startswith(PREFIX):
            continue
        if name in ("HUITONG_DATABASE", "HUITONG_NATS"):
            yield from _password(name, text)
        elif name == "HUITONG_PASSPORT_KEYS":
            own = environment.get("HUITONG_PASSPORT_KEY", "")
            for part, key in _object(text).items():
                # The gateway is a service too, and has the same key in both settings.
                if not (part == "gateway" and key == own):
                    yield f"{name}[{part}]", key
        elif name.endswith("_KEY") and name not in _FILES:
            yield name, text


_FILES: Final = ("HUITONG_TLS_KEY",)


def _secret_files(environment: Environment) -> Iterator[tuple[str, Path]]:
    for name, text in environment.items():
        if name.startswith(PREFIX) and (name in _FILES or name.endswith("_KEY_FILE")) and text:
            yield name, Path(text)


def _password(name: str, address: str) -> Iterator[tuple[str, str]]:
    parts = urlsplit(address)
    # Over a socket on this machine the system says who calls; a password is not asked for then.
    local = name == "HUITONG_DATABASE" and parse_qs(parts.query).get("host", [""])[0][:1] == "/"
    if parts.password or not local:
        yield f"The password in {name}", unquote(parts.password or "")


def _object(text: str) -> dict[str, str]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _own_of(target: str) -> Callable[[Environment], Awaitable[list[str]]] | None:
    """What the part of `gateway.app:create_app` adds: `reasons` of `gateway.production`."""
    module = target.partition(":")[0]
    package = module.rpartition(".")[0]
    name = f"{package}.production"
    if not package or importlib.util.find_spec(name) is None:
        return None
    own: Callable[[Environment], Awaitable[list[str]]] = importlib.import_module(name).reasons
    return own
