"""The registry of data elements, items that name one, and the categories that must be shared."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NAMED = sa.String(48)


def upgrade() -> None:
    """Make the table and the columns."""
    op.add_column("resource_version", sa.Column("must_share", _NAMED, nullable=True))
    op.add_column("resource_item", sa.Column("element", sa.String(), nullable=True))
    op.create_table(
        "data_element",
        sa.Column("code", sa.String(), primary_key=True),
        sa.Column("id", sa.Uuid(), nullable=False, unique=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("type", _NAMED, nullable=False),
        sa.Column("length", sa.Integer(), nullable=True),
        sa.Column("scale", sa.Integer(), nullable=True),
        sa.Column("standard", _NAMED, nullable=False),
        sa.Column("codes", postgresql.JSONB(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=True),
    )
