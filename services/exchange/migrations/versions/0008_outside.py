"""Exchange outside the platform: filings with their statistics, older exchanges, their steps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _stated() -> list[sa.Column[object]]:
    """What every exchange outside the platform states."""
    return [
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("department", sa.Uuid(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("information", sa.Text(), nullable=False),
        sa.Column("partners", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("other_partners", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("direction", sa.String(48), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("article", sa.String(), nullable=True),
        sa.Column("rulebook", sa.String(), nullable=False),
        sa.Column("rulebook_version", sa.String(), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stated_by", sa.String(), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column("state", sa.String(48), nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
    ]


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "idempotency",
        sa.Column("department", sa.Uuid(), primary_key=True),
        sa.Column("operation", sa.String(), primary_key=True),
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("made", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "off_platform",
        *_stated(),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("first_period", sa.String(), nullable=False),
        sa.Column("next_period", sa.String(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_off_platform_department", "off_platform", ["department"])
    op.create_index(
        "ix_off_platform_due",
        "off_platform",
        ["due_on"],
        postgresql_where=sa.text("due_on IS NOT NULL"),
    )
    op.create_table(
        "off_platform_statistics",
        sa.Column("exchange", sa.Uuid(), sa.ForeignKey("off_platform.id"), primary_key=True),
        sa.Column("period", sa.String(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index(
        "ix_off_platform_statistics_first_day", "off_platform_statistics", ["first_day"]
    )
    op.create_table(
        "older_exchange",
        *_stated(),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("resources", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_older_exchange_department", "older_exchange", ["department"])
    op.create_index(
        "ix_older_exchange_planned",
        "older_exchange",
        ["planned_on"],
        postgresql_where=sa.text("overdue_at IS NULL"),
    )
    op.create_table(
        "outside_step",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("exchange", sa.Uuid(), nullable=False),
        sa.Column("act", sa.String(48), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("department", sa.Uuid(), nullable=True),
        sa.Column("stated", postgresql.JSONB(), nullable=False),
    )
    op.create_index("ix_outside_step_exchange", "outside_step", ["exchange", "id"])
