"""Who inside the grantee may use a grant, and the article that demands that one be named."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("share_grant", sa.Column("circle", postgresql.ARRAY(sa.Uuid()), nullable=True))
    op.add_column("share_grant", sa.Column("circle_article", sa.String(), nullable=True))
