"""PostgreSQL for a service. One request or message is one transaction.

Nothing outside this module commits: a request's transaction ends at the edge, a worker's at
the end of its `async with sessions.begin()` block.
"""

import logging
import os
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from fastapi import Depends, Request
from sqlalchemy import DateTime, Enum, MetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass

from shared import sockets
from shared.errors import DomainError, FieldError, Malformed, Unavailable

Sessions = async_sessionmaker[AsyncSession]
Timestamp = DateTime(timezone=True)


class Unreachable(ConnectionError):
    """No connection to PostgreSQL could be made."""


# What a database that is away, starting, stopping or overrun looks like.
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    PoolExhausted,
)
# What PostgreSQL cannot hold, whatever the column: NUL in a text, a number beyond its type.
# 22000 is asyncpg's own, before the value is sent.
_UNSTORABLE = frozenset({"22000", "22003", "22008", "22021", "22P05"})
_log = logging.getLogger(__name__)

# What the runtime role may do to a table whose model does not say otherwise in
# `__table_args__ = {"info": {"runtime": "SELECT, INSERT"}}`.
DEFAULT_PRIVILEGES = "SELECT, INSERT, UPDATE, DELETE"


class Declarative(MappedAsDataclass, DeclarativeBase, kw_only=True, eq=False):
    """The root of each service's own `Base`, which brings its own `metadata`."""

    __abstract__ = True


def metadata() -> MetaData:
    """A fresh collection of tables whose constraint names migrations can name."""
    return MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def named(kind: type[StrEnum]) -> Enum:
    """A column type that stores a StrEnum by its value and loads it as the enum."""
    return Enum(
        kind, native_enum=False, length=48, values_callable=lambda k: [member.value for member in k]
    )


def asyncpg_arguments(dsn: str) -> dict[str, Any]:
    """`dsn` as keyword arguments of asyncpg's connect; socket folders may be of any depth."""
    parts = urlsplit(dsn)
    query = parse_qs(parts.query)
    arguments: dict[str, Any] = {
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or "") or None,
        "database": parts.path.lstrip("/"),
        "host": parts.hostname,
        "port": parts.port or 5432,
    }
    if "host" in query:
        # The socket's own name is added by asyncpg; 107 bytes are for both.
        folder = query["host"][0]
        fits = len(os.fsencode(folder)) < 80
        arguments["host"] = folder if fits else sockets.short_folder(folder)
        arguments["port"] = int(query.get("port", ["5432"])[0])
    return arguments


def engine(dsn: str, *, size: int = 8) -> AsyncEngine:
    """An engine over a pool of `size` connections."""

    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        # Quoted: asyncpg has this type in its stubs only, not at run time.
        try:
            return await asyncpg.connect(**asyncpg_arguments(dsn), timeout=5)
        except OSError as error:
            # Told apart from a file that is missing or a disk that is full.
            raise Unreachable(type(error).__name__) from error

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
    )


def sessions(engine: AsyncEngine, base: type[Declarative]) -> Sessions:
    """Sessions over one service's tables; `info["tables"]` lets outbox and inbox find theirs."""
    return async_sessionmaker(engine, expire_on_commit=False, info={"base": base})


class DatabaseAway(Unavailable):
    """PostgreSQL cannot be reached, or went away in the middle."""

    code = "database-away"
    title = "Database away"


def _cause(error: BaseException) -> BaseException:
    """The driver's own error behind SQLAlchemy's."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error


def is_away(error: BaseException) -> bool:
    """Whether the database is away, so that the same may succeed later."""
    cause = _cause(error)
    # asyncpg counts a value that does not fit its column among its interface errors.
    return isinstance(cause, AWAY) and not isinstance(cause, ValueError)


def refusal_of(error: BaseException) -> DomainError | None:
    """What a caller is told where the database failed; None where that is a bug of ours."""
    if is_away(error):
        return DatabaseAway(
            "The database cannot be reached now; nothing was changed unless a repeat with the "
            "same Idempotency-Key says so.",
            retry_after=2,
        )
    cause = _cause(error)
    state = "22000" if isinstance(cause, ValueError) else getattr(cause, "sqlstate", None)
    if isinstance(error, DBAPIError) and state in _UNSTORABLE:
        fault = FieldError("", "not-storable", "NUL character, or number or time out of range")
        return Malformed("A value cannot be stored.", errors=[fault])
    return None


async def begin(request: Request) -> AsyncIterator[AsyncSession]:
    """The request's one transaction. Raises DatabaseAway, Malformed for what is not storable."""
    made: Sessions = request.app.state.sessions
    try:
        async with made.begin() as session:
            yield session
    except DomainError:
        raise
    except Exception as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        _log.warning("refused: %s", type(_cause(error)).__name__)
        raise refusal from error


# scope="function": commit before the response is sent, so a failed commit is a failed request.
# FastAPI's default would answer 200 first and commit after. Do not use it inside a stream.
Session = Annotated[AsyncSession, Depends(begin, scope="function")]
