"""The database of a service: what its roles may, and what a caller is told when it fails."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text

from gateway.models import Base as GatewayBase
from shared import db, errors, migrate
from shared.db import Session
from tests.servers import Dsn, Postgres
from tests.shared.world import Inbox, Parked

RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(**db.asyncpg_arguments(dsn))
    try:
        yield connection
    finally:
        await connection.close()


async def test_the_runtime_role_has_exactly_the_rights_that_a_tables_model_says(
    database: Dsn,
) -> None:
    async with connected(database("gateway")) as connection:
        for table in GatewayBase.metadata.sorted_tables:
            wanted = str(table.info.get("runtime", db.DEFAULT_PRIVILEGES)).split(", ")
            for right in RIGHTS:
                has = await connection.fetchval(
                    "SELECT has_table_privilege($1, $2)", f'"{table.name}"', right
                )
                assert has is (right in wanted), (table.name, right)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "DROP TABLE inbox",
        "ALTER TABLE inbox ADD COLUMN x int",
        "ALTER TABLE outbox DISABLE TRIGGER ring",
        "TRUNCATE inbox",
        "CREATE SCHEMA mine",
        "CREATE TEMP TABLE mine (id int)",
        "UPDATE alembic_version SET version_num = 'x'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE ROLE mine",
        "COPY inbox TO PROGRAM 'true'",
        "SET ROLE huitong_gateway_owner",
    ],
)
async def test_the_runtime_role_cannot_change_the_schema(database: Dsn, statement: str) -> None:
    async with connected(database("gateway")) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_a_service_cannot_enter_anothers_database(database: Dsn, postgres: Postgres) -> None:
    name = database("gateway").partition("?")[0].rpartition("/")[2]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with connected(postgres.runtime_dsn("catalog", name)):
            pass


async def test_models_and_migrations_say_the_same(owner_database: Dsn) -> None:
    engine = db.engine(owner_database("gateway"), size=1)
    async with engine.connect() as connection:
        found = await connection.run_sync(
            lambda c: migrate.differences("gateway", c, GatewayBase.metadata)
        )
    await engine.dispose()
    assert found == []


@pytest.mark.parametrize("role", ["", "x y", 'x"; DROP', "X", "a" * 64])
def test_a_role_with_an_odd_name_is_refused_before_any_statement(
    owner_database: Dsn, role: str
) -> None:
    with pytest.raises(ValueError, match="plain identifier"):
        migrate.upgrade("gateway", owner_database("gateway"), role)


def app_over(dsn: str) -> FastAPI:
    """A service with one operation that stores what it is sent."""
    made = FastAPI()
    errors.install(made)
    made.state.engine = db.engine(dsn, size=1)
    made.state.sessions = db.sessions(made.state.engine, GatewayBase)

    @made.post("/store")
    async def store(session: Session, word: str = "", number: int = 0, year: int = 2026) -> str:
        at = datetime(year, 1, 1, tzinfo=UTC)
        session.add(Parked(subject=word, body=b"", reason="", parked_at=at))
        await session.scalar(select(Inbox.sequence).where(Inbox.sequence == number))
        return "stored"

    @made.post("/broken")
    async def broken(session: Session) -> None:
        await session.execute(text("SELECT 1/0"))

    return made


@asynccontextmanager
async def caller(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Calls it; its connections to the database end with the block."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as http:
            yield http
    finally:
        await app.state.engine.dispose()


async def test_what_postgresql_cannot_hold_is_the_callers_fault(database: Dsn) -> None:
    async with caller(app_over(database("gateway"))) as http:
        assert (await http.post("/store?word=good")).status_code == 200
        for odd in ("word=%00", f"number={1 << 63}", f"number=-{1 << 70}"):
            answer = await http.post(f"/store?{odd}")
            assert answer.status_code == 422, (odd, answer.text)
            assert answer.json()["code"] == "malformed"
        # A bug of ours stays one.
        assert (await http.post("/broken")).status_code == 500
        assert (await http.post("/store?word=still-good")).status_code == 200


async def test_a_database_that_is_away_answers_503_and_is_found_again(
    database: Dsn, postgres: Postgres
) -> None:
    dsn = database("gateway")
    name = dsn.partition("?")[0].rpartition("/")[2]
    async with caller(app_over(dsn)) as http:
        assert (await http.post("/store?word=before")).status_code == 200
        postgres.execute(
            f"ALTER DATABASE {name} CONNECTION LIMIT 0",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",  # noqa: S608
        )
        for _ in range(3):
            answer = await http.post("/store?word=away")
            assert answer.status_code == 503, answer.text
            assert answer.json()["code"] == "database-away"
            assert answer.headers["retry-after"] == "2"
        postgres.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")
        assert (await http.post("/store?word=after")).status_code == 200


async def test_no_server_at_all_answers_503() -> None:
    async with caller(app_over("postgresql://x:y@/z?host=/nowhere-at-all")) as http:
        assert (await http.post("/store")).status_code == 503
    async with caller(app_over("postgresql://x:y@127.0.0.1:1/z")) as http:
        assert (await http.post("/store")).status_code == 503


def test_an_address_is_read_in_both_its_forms() -> None:
    read = db.asyncpg_arguments
    assert read("postgresql://a%40b:p%2Fw@/db?host=/run/pg&port=6")["password"] == "p/w"
    told = read("postgresql://role:word@db.example:6543/name")
    assert (told["host"], told["port"], told["database"]) == ("db.example", 6543, "name")
