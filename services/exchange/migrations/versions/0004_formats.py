"""Batches that are not plain CSV: their format, and what they are packed in."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What came before was CSV, not packed."""
    op.add_column("batch", sa.Column("format", sa.String(48), nullable=True, server_default="csv"))
    op.add_column(
        "batch", sa.Column("packing", sa.String(48), nullable=False, server_default="none")
    )
    # The defaults stay: the code of before hands batches in while the new one is rolled out.
