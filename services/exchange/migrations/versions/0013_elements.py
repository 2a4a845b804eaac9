"""Data elements as the catalogue registered them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room; the catalogue tells what stands in its registry."""
    op.create_table(
        "known_element",
        sa.Column("code", sa.String(), primary_key=True),
        sa.Column("heard", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(48), nullable=False),
        sa.Column("length", sa.Integer(), nullable=True),
        sa.Column("codes", postgresql.ARRAY(sa.Text()), nullable=True),
    )
