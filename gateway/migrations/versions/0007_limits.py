"""How fast clients may call, and how much may be used of a grant in a day."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and the columns; what was granted before is not bounded."""
    op.create_table(
        "client_limits",
        sa.Column("client", sa.Uuid(), sa.ForeignKey("client.id"), primary_key=True),
        sa.Column("requests", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.execute(
        "CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON client_limits "
        "FOR EACH STATEMENT EXECUTE FUNCTION tell_live()"
    )
    op.create_table(
        "grant_usage",
        sa.Column("grant", sa.Uuid(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("source", sa.Uuid(), primary_key=True),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("keys", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_grant_usage_day", "grant_usage", ["day"])
    op.add_column("grant_copy", sa.Column("calls_per_day", sa.Integer(), nullable=True))
    op.add_column("grant_copy", sa.Column("keys_per_day", sa.Integer(), nullable=True))
