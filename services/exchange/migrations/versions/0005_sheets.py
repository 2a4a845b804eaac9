"""Batches that come as a sheet of a workbook: which one."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for its name."""
    op.add_column("batch", sa.Column("sheet", sa.String(), nullable=True))
