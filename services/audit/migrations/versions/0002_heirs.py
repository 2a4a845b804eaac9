"""Departments follow one another: who may see what concerns those before them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "known_heir",
        sa.Column("predecessor", sa.Uuid(), primary_key=True),
        sa.Column("successor", sa.Uuid(), primary_key=True),
        sa.Column("whole", sa.Boolean(), nullable=False),
    )
    op.create_index(None, "known_heir", ["successor"])
