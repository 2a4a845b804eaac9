"""For how long a resource's history is kept, and from where on it is."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room: what is there is kept for ever, until its provider says otherwise."""
    op.add_column("resource", sa.Column("kept_days", sa.Integer(), nullable=True))
    op.add_column("resource", sa.Column("kept_from", sa.BigInteger(), nullable=True))
