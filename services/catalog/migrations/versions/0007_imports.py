"""Imports: the job, what was handed in, its entries and problems; named mappings."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NAMED = sa.String(48)
_COUNTS = ("entries", "bad", "errors", "warnings", "done", "created", "changed", "unchanged")


def upgrade() -> None:
    """Make the tables."""
    _create_job()
    for table in ("import_part", "import_copy_part"):
        op.create_table(
            table,
            _of_import(),
            sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
            sa.Column("body", sa.LargeBinary(), nullable=False),
        )
    _create_entry()
    _create_problem()
    op.create_table(
        "external_identity",
        sa.Column("department", sa.Uuid(), sa.ForeignKey("department.id"), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("resource_id", sa.Uuid(), sa.ForeignKey("resource.id"), nullable=False),
        sa.Column("known_since", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_external_identity_resource", "external_identity", ["resource_id"])
    op.create_index("ix_external_identity_key", "external_identity", ["key"])
    op.create_table(
        "mapping_version",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("columns", JSONB(), nullable=False),
        sa.Column("values", JSONB(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("department", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
    )


def _of_import() -> sa.Column[UUID]:
    return sa.Column("import_id", sa.Uuid(), sa.ForeignKey("import_job.id"), primary_key=True)


def _create_job() -> None:
    op.create_table(
        "import_job",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("department", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("actor_kind", _NAMED, nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("access_id", sa.Uuid(), nullable=False),
        sa.Column("way", _NAMED, nullable=False),
        sa.Column("mode", _NAMED, nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("unfinished", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("mapping", sa.String(), nullable=True),
        sa.Column("translation", JSONB(), nullable=True),
        sa.Column("state", _NAMED, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reason_zh", sa.Text(), nullable=True),
        sa.Column("reason_en", sa.Text(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
    )
    op.create_index("ix_import_job_department", "import_job", ["department", "id"])
    op.create_index(
        "ix_import_job_open",
        "import_job",
        ["id"],
        postgresql_where=sa.text("state IN ('waiting', 'reading', 'applying', 'marking')"),
    )


def _create_entry() -> None:
    op.create_table(
        "import_entry",
        _of_import(),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("body", JSONB(), nullable=True),
        sa.Column("sheet", sa.String(), nullable=False),
        sa.Column("cell", sa.String(), nullable=False),
        sa.Column("outcome", _NAMED, nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
    )


def _create_problem() -> None:
    op.create_table(
        "import_problem",
        _of_import(),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("entry", sa.Integer(), nullable=True),
        sa.Column("severity", _NAMED, nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("cell", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("article", sa.String(), nullable=True),
    )
