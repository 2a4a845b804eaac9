"""Departments follow one another: plans, their progress, and what they would move."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "succession",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(48), nullable=False),
        sa.Column("predecessors", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("successors", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("successor", sa.Uuid(), nullable=True),
        sa.Column("survives", sa.Boolean(), nullable=False),
        sa.Column("said", JSONB(), nullable=False),
        sa.Column("resources", JSONB(), nullable=False),
        sa.Column("grants", JSONB(), nullable=False),
        sa.Column("members", JSONB(), nullable=False),
        sa.Column("suspension_passes", sa.Boolean(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("effective_at", _MOMENT, nullable=False),
        sa.Column("planned_at", _MOMENT, nullable=False),
        sa.Column("planned_by", sa.String(), nullable=False),
        sa.Column("planned_for", sa.Uuid(), nullable=False),
        sa.Column("carried_out_at", _MOMENT, nullable=True),
        sa.Column("cancelled_at", _MOMENT, nullable=True),
        sa.Column("hindered_by", sa.Text(), nullable=True),
    )
    op.create_index(
        "ix_succession_due",
        "succession",
        ["effective_at"],
        postgresql_where=sa.text("carried_out_at IS NULL AND cancelled_at IS NULL"),
    )
    op.create_table(
        "succession_step",
        sa.Column("succession", sa.Uuid(), sa.ForeignKey("succession.id"), primary_key=True),
        sa.Column("predecessor", sa.Uuid(), primary_key=True),
        sa.Column("step", sa.String(), primary_key=True),
        sa.Column("applied_at", _MOMENT, nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
    )
    op.create_table(
        "resource_copy",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("heard", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("in_catalogue", sa.Boolean(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
    )
    op.create_index(None, "resource_copy", ["provider"])
    op.create_table(
        "request_copy",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource", sa.Uuid(), nullable=False),
        sa.Column("requester", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Uuid(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
    )
    op.create_index(None, "request_copy", ["requester"])
    op.create_index(None, "request_copy", ["provider"])
