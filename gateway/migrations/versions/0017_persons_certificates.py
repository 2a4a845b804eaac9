"""The certificates that people show instead of a one-time code."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "operator_certificate",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("operator", sa.Uuid(), sa.ForeignKey("operator.id"), nullable=False),
        sa.Column("thumbprint", sa.String(), nullable=False, unique=True),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(None, "operator_certificate", ["operator"])
