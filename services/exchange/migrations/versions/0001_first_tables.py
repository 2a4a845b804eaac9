"""The first tables: what is known of others, batches and their files, views and addresses."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import create_messaging_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_UNFINISHED = sa.text("state IN ('received', 'checking')")
_WHEN = sa.DateTime(timezone=True)
_DOCUMENTS = postgresql.JSONB()


def upgrade() -> None:
    """Make the tables."""
    create_messaging_tables()
    _create_known_tables()
    _create_batch_tables()
    _create_view_tables()
    _ring_on_changes()
    _make_room_for_lookups()


def _create_known_tables() -> None:
    op.create_table(
        "resource",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("heard", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("provider", sa.Uuid(), nullable=False, index=True),
        sa.Column("grade", sa.String(48), nullable=False),
        sa.Column("items", _DOCUMENTS, nullable=False),
        sa.Column("withdrawn_at", _WHEN, nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("shape", _DOCUMENTS, nullable=True),
        sa.Column("data_at", _WHEN, nullable=True),
        sa.Column("lookup_table", sa.String(), nullable=True),
    )
    op.create_table(
        "known_department",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("heard", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
    )
    op.create_table(
        "known_grant",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("provider", sa.Uuid(), nullable=False),
        sa.Column("grantee", sa.Uuid(), nullable=False, index=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("items", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("valid_from", _WHEN, nullable=False),
        sa.Column("valid_until", _WHEN, nullable=True),
        sa.Column("revoked_at", _WHEN, nullable=True),
    )
    op.create_table(
        "severity_rule",
        sa.Column(
            "resource_id",
            sa.Uuid(),
            sa.ForeignKey("resource.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("rule", sa.String(48), primary_key=True),
        sa.Column("item", sa.String(), primary_key=True),
        sa.Column("severity", sa.String(48), nullable=False),
    )


def _create_batch_tables() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource_id", sa.Uuid(), sa.ForeignKey("resource.id"), nullable=False),
        sa.Column("resource_version", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Uuid(), nullable=False),
        sa.Column("provider_key", sa.String(), nullable=False),
        sa.Column("mode", sa.String(48), nullable=False),
        sa.Column("charset", sa.String(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("staging_key", sa.LargeBinary(), nullable=True),
        sa.Column("received_by", sa.String(), nullable=False),
        sa.Column("received_at", _WHEN, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(48), nullable=False),
        sa.Column("phase", sa.String(48), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("rows_read", sa.BigInteger(), nullable=False),
        sa.Column("rows_in", sa.BigInteger(), nullable=True),
        sa.Column("accepted", sa.BigInteger(), nullable=True),
        sa.Column("rejected", sa.BigInteger(), nullable=True),
        sa.Column("flagged", sa.BigInteger(), nullable=True),
        sa.Column("reasons", _DOCUMENTS, nullable=False),
        sa.Column("flags", _DOCUMENTS, nullable=False),
        sa.Column("refusal", sa.String(), nullable=True),
        sa.Column("refusal_detail", sa.Text(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("changed", sa.BigInteger(), nullable=True),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.Column("finished_at", _WHEN, nullable=True),
        sa.UniqueConstraint("resource_id", "provider_key"),
        sa.UniqueConstraint("resource_id", "epoch", "sequence"),
    )
    op.create_index(
        "ix_batch_unfinished", "batch", ["resource_id", "id"], postgresql_where=_UNFINISHED
    )
    op.create_table(
        "batch_file",
        sa.Column("batch_id", sa.Uuid(), sa.ForeignKey("batch.id"), primary_key=True),
        sa.Column("kind", sa.String(48), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "batch_key",
        sa.Column("batch_id", sa.Uuid(), sa.ForeignKey("batch.id"), primary_key=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
    )


def _create_view_tables() -> None:
    op.create_table(
        "view",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource_id", sa.Uuid(), sa.ForeignKey("resource.id"), nullable=False),
        sa.Column("items", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("resource_id", "items", "grant_id", postgresql_nulls_not_distinct=True),
    )
    op.create_table(
        "cut",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("view_id", sa.Uuid(), sa.ForeignKey("view.id"), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(48), nullable=False),
        sa.Column("form", sa.String(48), nullable=False),
        sa.Column("wanted_at", _WHEN, nullable=False),
        sa.Column("files", _DOCUMENTS, nullable=True),
        sa.UniqueConstraint("view_id", "epoch", "sequence", "kind", "form"),
    )
    op.create_index(
        "ix_cut_wanted", "cut", ["wanted_at"], postgresql_where=sa.text("files IS NULL")
    )
    op.create_table(
        "address",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("grant_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("cut_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("issued_at", _WHEN, nullable=False),
        sa.Column("expires_at", _WHEN, nullable=False),
        sa.Column("access_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", _WHEN, nullable=True),
        sa.Column("last_at", _WHEN, nullable=True),
        sa.Column("served", sa.BigInteger(), nullable=False),
        sa.Column("reported", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index(
        "ix_address_opened", "address", ["id"], postgresql_where=sa.text("opened_at IS NOT NULL")
    )


def _ring_on_changes() -> None:
    """Processes that keep grants and resources in memory hear of a change as it commits."""
    for table, channel, moment in (
        ("known_grant", "grants", "INSERT OR UPDATE"),
        ("resource", "resources", "INSERT OR UPDATE"),
        ("batch", "batches", "INSERT"),
        ("cut", "cuts", "INSERT OR UPDATE"),
    ):
        op.execute(
            f"CREATE FUNCTION ring_{channel}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN PERFORM pg_notify('{channel}', NEW.id::text); RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER ring AFTER {moment} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION ring_{channel}()"
        )


def _make_room_for_lookups() -> None:
    """A schema in which the runtime role may make a table for each resource.

    The runtime role's name is the owner's without its ending, as deployment makes both.
    """
    op.execute("CREATE SCHEMA lookup")
    op.execute(
        "DO $$ BEGIN EXECUTE format('GRANT USAGE, CREATE ON SCHEMA lookup TO %I', "
        "regexp_replace(current_user, '_owner$', '')); END $$"
    )
