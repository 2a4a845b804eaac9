"""Codes under which another platform knew resources."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "former_code",
        sa.Column("platform", sa.Text(), primary_key=True),
        sa.Column("code", sa.Text(), primary_key=True),
        sa.Column("resource_id", sa.Uuid(), sa.ForeignKey("resource.id"), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("taken_over_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_former_code_code", "former_code", ["code"])
    op.create_index("ix_former_code_resource", "former_code", ["resource_id"])
