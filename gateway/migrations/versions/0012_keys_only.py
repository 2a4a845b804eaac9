"""Whether a machine proves who it is by a key alone."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column(
        "client_keys",
        sa.Column("only", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
