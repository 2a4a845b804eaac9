"""Which items a batch's data has for the first time, where it goes on in its shape."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room."""
    op.add_column("batch", sa.Column("added", postgresql.ARRAY(sa.Text()), nullable=True))
