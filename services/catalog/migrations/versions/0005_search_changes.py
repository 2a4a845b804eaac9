"""The search index leaves PostgreSQL: notes of what changed take the place of its documents."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NOTE = "INSERT INTO search_change (by, resource_id, at) {rows} ON CONFLICT DO NOTHING"
_NOW = "pg_current_xact_id()::text::bigint, {resource}, now()"


def upgrade() -> None:
    """Notes of changes, written by triggers, so that none escapes whoever makes it."""
    op.drop_table("search_document")
    op.create_table(
        "search_change",
        sa.Column("by", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("resource_id", sa.Uuid(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_search_change_at", "search_change", ["at"])
    _trigger("resource", "INSERT OR UPDATE", f"VALUES ({_NOW.format(resource='NEW.id')})")
    _trigger(
        "resource_version",
        "INSERT OR UPDATE",
        f"VALUES ({_NOW.format(resource='NEW.resource_id')})",
    )
    # A department is found by its name and shown to its region's authorities.
    _trigger(
        "department",
        "UPDATE OF name, short_name, region",
        "SELECT "  # noqa: S608 - nothing in it comes from outside
        + _NOW.format(resource="r.id")
        + " FROM resource r WHERE r.provider = NEW.id",
    )


def _trigger(table: str, moment: str, rows: str) -> None:
    op.execute(
        f"CREATE FUNCTION note_{table}_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {_NOTE.format(rows=rows)}; RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER note_change AFTER {moment} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION note_{table}_change()"
    )
