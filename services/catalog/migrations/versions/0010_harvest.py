"""Harvest: sources, their runs, and what each source said when it was last read."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NAMED = sa.String(48)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "harvest_source",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("department", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("actor_kind", _NAMED, nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("access_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("protocol", _NAMED, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("mapping", sa.String(), nullable=True),
        sa.Column("every_hours", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_harvest_source_department", "harvest_source", ["department", "id"])
    op.create_index("ix_harvest_source_next_at", "harvest_source", ["next_at"])
    op.create_table(
        "harvest_run",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("source_id", sa.Uuid(), sa.ForeignKey("harvest_source.id"), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", _NAMED, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("found", "unread", "sent", "gone")
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reason_zh", sa.Text(), nullable=True),
        sa.Column("reason_en", sa.Text(), nullable=True),
    )
    op.create_index("ix_harvest_run_source", "harvest_run", ["source_id", "id"])
    op.create_table(
        "harvested_record",
        sa.Column("source_id", sa.Uuid(), sa.ForeignKey("harvest_source.id"), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
    )
