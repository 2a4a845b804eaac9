"""Departments follow one another: names of their time on versions, and who is no more."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table."""
    table = "resource_version"
    op.add_column(table, sa.Column("published_for", sa.Uuid(), nullable=True))
    op.add_column(table, sa.Column("published_for_name", sa.String(), nullable=True))
    op.add_column(table, sa.Column("published_for_code", sa.String(), nullable=True))
    op.create_table(
        "ended_department",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("successor", sa.Uuid(), nullable=True),
    )
