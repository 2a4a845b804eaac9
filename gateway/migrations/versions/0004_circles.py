"""Who inside the grantee may use a grant, in the copy of grants."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("grant_copy", sa.Column("circle", postgresql.ARRAY(sa.Uuid()), nullable=True))
    op.add_column("grant_copy", sa.Column("circle_article", sa.String(), nullable=True))
