"""What manifests handed out under grants, and what their holders confirm of it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(48), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("told_at", _WHEN, nullable=False),
        sa.Column("told_to", sa.String(), nullable=False),
        sa.Column("confirmed_at", _WHEN, nullable=True),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("differed_at", _WHEN, nullable=True),
        sa.Column("differing", sa.LargeBinary(), nullable=True),
        sa.UniqueConstraint("grant_id", "epoch", "sequence", "after", "kind", "digest"),
    )
    op.create_index(None, "delivery", ["resource_id"])
