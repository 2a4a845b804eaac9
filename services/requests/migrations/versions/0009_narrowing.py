"""Row conditions and masks of grants, and the items' types that they are checked against."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room. Of what was published before, the next publication tells the types."""
    op.add_column("share_grant", sa.Column("narrowing", sa.Text(), nullable=True))
    op.add_column("known_item", sa.Column("type", sa.String(48), nullable=True))
    op.add_column("known_item", sa.Column("scale", sa.Integer(), nullable=True))
