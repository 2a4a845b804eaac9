"""What a grade demands: the addresses of clients, and which grants carry personal data."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "client_addresses",
        sa.Column("client", sa.Uuid(), sa.ForeignKey("client.id"), primary_key=True),
        sa.Column("networks", postgresql.ARRAY(sa.String()), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.execute(
        "CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON client_addresses "
        "FOR EACH STATEMENT EXECUTE FUNCTION tell_live()"
    )
    # A grant heard before carried no such word: it counts as personal where it is sensitive.
    op.add_column("grant_copy", sa.Column("personal", sa.Boolean(), nullable=True))
    op.execute("UPDATE grant_copy SET personal = (grade = 'sensitive')")
    op.alter_column("grant_copy", "personal", nullable=False)
