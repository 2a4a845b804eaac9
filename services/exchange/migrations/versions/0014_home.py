"""Where the database knows itself to be, so that a restore is seen."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "home",
        sa.Column("here", sa.Boolean(), primary_key=True),
        sa.Column("cluster", sa.String(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("here", name="one_home"),
    )
