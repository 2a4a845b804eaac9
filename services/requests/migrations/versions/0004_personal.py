"""Which grants carry personal data."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, filled from what is known of the items."""
    op.add_column("share_grant", sa.Column("personal", sa.Boolean(), nullable=True))
    op.execute(
        "UPDATE share_grant SET personal = EXISTS (SELECT 1 FROM known_item "
        "WHERE known_item.resource_id = share_grant.resource_id "
        "AND known_item.code = ANY (share_grant.items) "
        "AND known_item.secrecy = 'personal-privacy')"
    )
    op.alter_column("share_grant", "personal", nullable=False)
