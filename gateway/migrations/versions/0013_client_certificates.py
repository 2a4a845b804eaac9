"""The certificates that machines may show."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "client_certificates",
        sa.Column("client", sa.Uuid(), sa.ForeignKey("client.id"), primary_key=True),
        sa.Column("accepted", postgresql.JSONB(), nullable=False),
        sa.Column("only", sa.Boolean(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
