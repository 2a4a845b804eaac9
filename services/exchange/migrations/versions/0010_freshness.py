"""What is expected of each resource's data. Known resources get theirs when next published."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "freshness",
        sa.Column("resource_id", sa.Uuid(), sa.ForeignKey("resource.id"), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("cycle", sa.String(48), nullable=False),
        sa.Column("catalogued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_epoch", sa.Integer(), nullable=True),
        sa.Column("confirmed_sequence", sa.BigInteger(), nullable=True),
        sa.Column("counted_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rulebook_version", sa.String(), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("late_told_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_freshness_region", "freshness", ["region"])
    op.create_index(
        "ix_freshness_untold",
        "freshness",
        ["last_on"],
        postgresql_where=sa.text("late_told_at IS NULL"),
    )
