"""The log: entries, tree, checkpoints, what was seen; and the books of its sources."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ASKED_FOR = ("department", "provider", "grantee", "resource", "grant", "access_id", "subject")


def upgrade() -> None:
    """Make the tables."""
    _create_log()
    _create_books()
    _create_known()


def _create_log() -> None:
    # Ready to become the first partition of a table by ranges of `index`: its only unique key is
    # `index` itself, and nothing refers to it.
    op.create_table(
        "entry",
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(48), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded", sa.DateTime(timezone=True), nullable=False),
        sa.Column("department", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(300), nullable=True),
        sa.Column("resource", sa.Uuid(), nullable=True),
        sa.Column("grant", sa.Uuid(), nullable=True),
        sa.Column("access_id", sa.Uuid(), nullable=True),
        sa.Column("operation", sa.String(300), nullable=True),
        sa.Column("decision", sa.String(300), nullable=True),
        sa.Column("subject", sa.String(300), nullable=True),
        sa.Column("provider", sa.Uuid(), nullable=True),
        sa.Column("grantee", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("index", name="pk_entry"),
    )
    for column in _ASKED_FOR:
        op.create_index(
            f"ix_entry_{column}",
            "entry",
            [column, "index"],
            postgresql_where=sa.text(f'"{column}" IS NOT NULL'),
        )
    op.create_index("ix_entry_time", "entry", ["time"])
    op.create_index(
        "ix_entry_unreadable", "entry", ["index"], postgresql_where=sa.text("kind = 'unreadable'")
    )
    op.create_table(
        "node",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name="pk_node"),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("signed", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_checkpoint"),
    )
    op.create_table(
        "seen",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_seen"),
    )
    op.create_table(
        "unreadable",
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("index", name="pk_unreadable"),
    )


def _create_books() -> None:
    op.create_table(
        "source",
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("highest", sa.BigInteger(), nullable=False),
        sa.Column("arrived", sa.BigInteger(), nullable=False),
        sa.Column("repeated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_source"),
    )
    op.create_table(
        "gap",
        sa.Column("source", sa.String(300), nullable=False),
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("noticed", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", "first", name="pk_gap"),
    )


def _create_known() -> None:
    op.create_table(
        "known_resource",
        sa.Column("resource", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("resource", name="pk_known_resource"),
    )
    op.create_table(
        "known_grant",
        sa.Column("grant", sa.Uuid(), nullable=False),
        sa.Column("resource", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Uuid(), nullable=False),
        sa.Column("grantee", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("grant", name="pk_known_grant"),
    )
    op.create_table(
        "known_department",
        sa.Column("department", sa.Uuid(), nullable=False),
        sa.Column("region", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("department", name="pk_known_department"),
    )
    op.create_index("ix_known_department_region", "known_department", ["region"])
