"""The permissions that clients are limited to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, whose changes the live copies hear; no machine is limited before."""
    op.create_table(
        "client_permissions",
        sa.Column("client", sa.Uuid(), sa.ForeignKey("client.id"), primary_key=True),
        sa.Column("permissions", postgresql.ARRAY(sa.String()), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.execute(
        "CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON client_permissions "
        "FOR EACH STATEMENT EXECUTE FUNCTION tell_live()"
    )
