"""How much a grant may be used on one day."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was granted before is not bounded."""
    op.add_column("share_grant", sa.Column("calls_per_day", sa.Integer(), nullable=True))
    op.add_column("share_grant", sa.Column("keys_per_day", sa.Integer(), nullable=True))
