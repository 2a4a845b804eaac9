"""The first tables: resources, their versions, items and steps, codes and the search index."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import create_idempotency_table, create_messaging_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NAMED = sa.String(48)
_VERSION = ["resource_version.resource_id", "resource_version.number"]


def upgrade() -> None:
    """Make the tables."""
    create_messaging_tables()
    create_idempotency_table()
    _create_department()
    _create_resource()
    _create_version()
    _create_item()
    _create_search_document()
    _create_step()
    _keep_published_versions()


def _create_department() -> None:
    op.create_table(
        "department",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("short_name", sa.String(), nullable=False),
        sa.Column("credit_code", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
    )


def _create_resource() -> None:
    op.create_table(
        "resource",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("provider", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(), nullable=True, unique=True),
        sa.Column("state", _NAMED, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("latest", sa.Integer(), nullable=False),
        sa.Column("published", sa.Integer(), nullable=True),
        sa.Column("published_name_key", sa.Text(), nullable=True, unique=True),
    )
    op.create_index("ix_resource_provider", "resource", ["provider"])
    op.create_index(
        "ix_resource_waiting",
        "resource",
        ["state"],
        postgresql_where=sa.text("state IN ('submitted', 'reviewed')"),
    )
    op.create_table(
        "code_sequence",
        sa.Column("class_digits", sa.String(), primary_key=True),
        sa.Column("last", sa.Integer(), nullable=False),
    )


def _create_version() -> None:
    op.create_table(
        "resource_version",
        sa.Column("resource_id", sa.Uuid(), sa.ForeignKey("resource.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("compilers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rulebook", sa.String(), nullable=True),
        sa.Column("rulebook_version", sa.String(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("provider_unit", sa.Text(), nullable=True),
        sa.Column("attribute", _NAMED, nullable=True),
        sa.Column("topic", _NAMED, nullable=True),
        sa.Column("branch", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("level", _NAMED, nullable=True),
        sa.Column("basic_category", _NAMED, nullable=True),
        sa.Column("abstract", sa.Text(), nullable=True),
        sa.Column("format_class", _NAMED, nullable=True),
        sa.Column("format_type", sa.String(), nullable=True),
        sa.Column("secrecy", _NAMED, nullable=False),
        sa.Column("grade", _NAMED, nullable=False),
        sa.Column("share_type", _NAMED, nullable=True),
        sa.Column("share_condition", sa.Text(), nullable=True),
        sa.Column("basis_kind", _NAMED, nullable=True),
        sa.Column("basis_citation", sa.Text(), nullable=True),
        sa.Column("share_methods", postgresql.ARRAY(_NAMED), nullable=False),
        sa.Column("openness", _NAMED, nullable=True),
        sa.Column("open_condition", sa.Text(), nullable=True),
        sa.Column("update_cycle", _NAMED, nullable=True),
        sa.Column("related", postgresql.ARRAY(sa.Uuid()), nullable=False),
    )
    op.create_index("ix_resource_version_place", "resource_version", ["attribute", "topic"])
    op.create_index("ix_resource_version_name_key", "resource_version", ["name_key"])


def _create_item() -> None:
    op.create_table(
        "resource_item",
        sa.Column("resource_id", sa.Uuid(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("type", _NAMED, nullable=False),
        sa.Column("length", sa.Integer(), nullable=True),
        sa.Column("scale", sa.Integer(), nullable=True),
        sa.Column("key", sa.Boolean(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("basic", sa.Boolean(), nullable=False),
        sa.Column("secrecy", _NAMED, nullable=False),
        sa.Column("share_type", _NAMED, nullable=True),
        sa.Column("openness", _NAMED, nullable=False),
        sa.Column("standard", _NAMED, nullable=False),
        sa.ForeignKeyConstraint(["resource_id", "number"], _VERSION),
    )


def _create_search_document() -> None:
    op.create_table(
        "search_document",
        sa.Column("resource_id", sa.Uuid(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("lexemes", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(["resource_id", "number"], _VERSION),
    )
    op.create_index(
        "ix_search_document_lexemes", "search_document", ["lexemes"], postgresql_using="gin"
    )


def _create_step() -> None:
    op.create_table(
        "resource_step",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource_id", sa.Uuid(), sa.ForeignKey("resource.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action", _NAMED, nullable=False),
        sa.Column("state", _NAMED, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("department", sa.Uuid(), nullable=False),
        sa.Column("rulebook", sa.String(), nullable=False),
        sa.Column("rulebook_version", sa.String(), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=True),
    )
    op.create_index("ix_resource_step_version", "resource_step", ["resource_id", "number"])


def _keep_published_versions() -> None:
    """Let the database itself refuse any change of what was published."""
    op.execute(
        "CREATE FUNCTION keep_published_version() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF OLD.published_at IS NOT NULL THEN "
        "RAISE EXCEPTION 'a published version never changes' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER keep_published BEFORE UPDATE OR DELETE ON resource_version "
        "FOR EACH ROW EXECUTE FUNCTION keep_published_version()"
    )
    op.execute(
        "CREATE FUNCTION keep_published_item() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE item resource_item; BEGIN "
        "IF TG_OP = 'DELETE' THEN item := OLD; ELSE item := NEW; END IF; "
        "IF EXISTS (SELECT 1 FROM resource_version v WHERE v.resource_id = item.resource_id "
        "AND v.number = item.number AND v.published_at IS NOT NULL) THEN "
        "RAISE EXCEPTION 'a published version never changes' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN item; END $$"
    )
    op.execute(
        "CREATE TRIGGER keep_published BEFORE INSERT OR UPDATE OR DELETE ON resource_item "
        "FOR EACH ROW EXECUTE FUNCTION keep_published_item()"
    )
