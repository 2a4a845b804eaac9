"""Migrations: alembic per service, run by the owner role, with the runtime role's rights.

    python -m shared.migrate upgrade services.catalog --dsn DSN --runtime-role ROLE
    python -m shared.migrate revision services.catalog "what changes" --dsn DSN

`dsn` is the owner's. New code must run on the old schema: add first, remove a release later.
"""

import argparse
import asyncio
import importlib
import re
import sys
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from alembic import command, context, op
from alembic.config import Config
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.dialects.postgresql import JSONB

from shared import db

_ROLE = re.compile(r"^[a-z_][a-z0-9_]{0,62}$")
_RIGHTS = re.compile(r"^(SELECT|INSERT|UPDATE|DELETE)(, (SELECT|INSERT|UPDATE|DELETE))*$")


def upgrade(package: str, owner_dsn: str, runtime_role: str) -> None:
    """Bring the database of `package` (e.g. `services.catalog`) up to date, and set rights."""
    asyncio.run(_with_connection(owner_dsn, lambda c: _upgrade(c, package, runtime_role)))


def revision(package: str, message: str, owner_dsn: str) -> None:
    """Write a migration that leads from the database as it is to the models as they are."""

    def write(connection: Connection) -> None:
        command.revision(_config(package, connection), message, autogenerate=True)

    asyncio.run(_with_connection(owner_dsn, write))


def differences(package: str, connection: Connection, metadata: MetaData) -> list[object]:
    """How the models differ from a migrated database; empty when they are equal."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    made = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(made, metadata))


def run(metadata: MetaData) -> None:
    """What a service's `migrations/env.py` calls."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, compare_type=True)
    context.config.attributes["metadata"] = metadata
    with context.begin_transaction():
        context.run_migrations()


def create_messaging_tables() -> None:
    """Outbox, its counter, inbox and parked messages, as shared/outbox.py and inbox.py read them.

    Called by a service's first migration. The trigger rings the relay at commit.
    """
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("event_id", sa.Uuid(), nullable=False, unique=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", JSONB(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True, unique=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_outbox_unsent", "outbox", ["id"], postgresql_where=text("sent_at IS NULL"))
    op.create_table(
        "outbox_counter",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
    )
    op.execute("INSERT INTO outbox_counter (id, last) VALUES (1, 0)")
    op.execute(
        "CREATE FUNCTION ring_relay() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_notify('outbox', ''); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER ring AFTER INSERT ON outbox "
        "FOR EACH STATEMENT EXECUTE FUNCTION ring_relay()"
    )
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), primary_key=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_inbox_source_sequence", "inbox", ["source", "sequence"])
    op.create_table(
        "parked",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
    )


def create_idempotency_table() -> None:
    """The table behind shared/idempotency.py."""
    op.create_table(
        "idempotency",
        sa.Column("department", sa.Uuid(), primary_key=True),
        sa.Column("operation", sa.String(), primary_key=True),
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("made", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )


def _upgrade(connection: Connection, package: str, runtime_role: str) -> None:
    if not _ROLE.match(runtime_role):
        raise ValueError("the runtime role's name must be a plain identifier")
    config = _config(package, connection)
    command.upgrade(config, "head")
    _grant(connection, config.attributes["metadata"], runtime_role)


def _grant(connection: Connection, metadata: MetaData, role: str) -> None:
    """Give the runtime role exactly what each table's model says."""
    connection.execute(text(f'GRANT USAGE ON SCHEMA public TO "{role}"'))
    for table in metadata.sorted_tables:
        rights = table.info.get("runtime", db.DEFAULT_PRIVILEGES)
        if not _RIGHTS.match(rights):
            raise ValueError(f"table {table.name}: {rights!r} is no list of rights")
        name = connection.dialect.identifier_preparer.format_table(table)
        connection.execute(text(f'REVOKE ALL ON {name} FROM "{role}"'))
        connection.execute(text(f'GRANT {rights} ON {name} TO "{role}"'))
    connection.execute(text(f'GRANT SELECT ON alembic_version TO "{role}"'))


def _config(package: str, connection: Connection) -> Config:
    home = Path(str(importlib.import_module(package).__file__)).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(home).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


async def _with_connection(dsn: str, do: Callable[[Connection], None]) -> None:
    engine = db.engine(dsn, size=1)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(do)
    finally:
        await engine.dispose()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m shared.migrate", description=__doc__)
    parser.add_argument("action", choices=["upgrade", "revision"])
    parser.add_argument("package")
    parser.add_argument("message", nargs="?", default="")
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--runtime-role", default="")
    told = parser.parse_args()
    if told.action == "upgrade":
        upgrade(told.package, told.dsn, told.runtime_role)
    elif told.message:
        revision(told.package, told.message, told.dsn)
    else:
        sys.exit('a revision needs a message: revision services.catalog "what changes"')


if __name__ == "__main__":
    main()
