"""Departments follow one another: who followed whom, and names of their time."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("share_request", sa.Column("requester_named", sa.String(), nullable=True))
    op.add_column("share_request", sa.Column("provider_named", sa.String(), nullable=True))
    op.add_column("suspension", sa.Column("continues", sa.Uuid(), nullable=True))
    op.add_column(
        "known_department",
        sa.Column("ended", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.alter_column("known_department", "ended", server_default=None)
    op.create_table(
        "heritage",
        sa.Column("predecessor", sa.Uuid(), primary_key=True),
        sa.Column("successor", sa.Uuid(), primary_key=True),
        sa.Column("succession", sa.Uuid(), nullable=False),
    )
    op.create_index(None, "heritage", ["successor"])
