"""Old platforms' grants on their way to become grants here."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and the marks on what was taken over."""
    op.create_table(
        "former_grant",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("grantee", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), sa.ForeignKey("known_resource.id"), nullable=False),
        sa.Column("items", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("calls_per_day", sa.Integer(), nullable=True),
        sa.Column("keys_per_day", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("state", sa.String(48), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column("grant_id", sa.Uuid(), sa.ForeignKey("share_grant.id"), nullable=True),
    )
    op.create_index(None, "former_grant", ["grantee"])
    op.create_index(None, "former_grant", ["resource_id"])
    op.create_index(
        "uq_former_grant_reference",
        "former_grant",
        ["platform", "reference"],
        unique=True,
        postgresql_where=sa.text("state IN ('proposed', 'confirmed')"),
    )
    op.add_column("share_grant", sa.Column("former_platform", sa.Text(), nullable=True))
    op.add_column("share_grant", sa.Column("former_reference", sa.Text(), nullable=True))
