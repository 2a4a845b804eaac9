"""Changes of the catalogue that are announced before they take effect, and successors."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NAMED = sa.String(48)


def upgrade() -> None:
    """Make the tables; the short index also holds what is scheduled."""
    op.add_column("resource", sa.Column("scheduled", sa.Integer(), nullable=True))
    op.drop_index("ix_resource_waiting", "resource")
    op.create_index(
        "ix_resource_waiting",
        "resource",
        ["state"],
        postgresql_where=sa.text("state IN ('submitted', 'reviewed', 'cleared', 'scheduled')"),
    )
    op.create_table(
        "catalogue_change",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource_id", sa.Uuid(), sa.ForeignKey("resource.id"), nullable=False),
        sa.Column("kind", _NAMED, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("share_type", _NAMED, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_by", sa.String(), nullable=False),
        sa.Column("department", sa.Uuid(), nullable=False),
        sa.Column("authority", sa.String(), nullable=True),
        sa.Column("access_id", sa.Uuid(), nullable=False),
        sa.Column("state", _NAMED, nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("cancellation_reason", sa.Text(), nullable=True),
    )
    op.create_index("ix_catalogue_change_resource_id", "catalogue_change", ["resource_id"])
    op.create_index("ix_catalogue_change_effect", "catalogue_change", ["effective_at", "id"])
    op.create_index(
        "uq_catalogue_change_waiting",
        "catalogue_change",
        ["resource_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "resource_successor",
        sa.Column("change_id", sa.Uuid(), sa.ForeignKey("catalogue_change.id"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("resource_id", sa.Uuid(), sa.ForeignKey("resource.id"), nullable=False),
        sa.Column("items", postgresql.JSONB(), nullable=False),
    )
