"""The copy of suspensions, followed by every gateway process."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and tell the live copies of its changes."""
    op.create_table(
        "suspension_copy",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("department", sa.Uuid(), nullable=False),
        sa.Column("article", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
    )
    op.execute(
        "CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON suspension_copy "
        "FOR EACH STATEMENT EXECUTE FUNCTION tell_live()"
    )
