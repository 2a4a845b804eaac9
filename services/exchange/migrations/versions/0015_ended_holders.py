"""Which clients and operators were revoked or closed: addresses that they hold open nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; the live copies hear of it as of suspensions.

    Who ended before is not known here: the addresses of then have hours left at most.
    """
    op.create_table(
        "known_ended_holder",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("heard", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.execute(
        "CREATE TRIGGER ring AFTER INSERT OR UPDATE ON known_ended_holder "
        "FOR EACH ROW EXECUTE FUNCTION ring_suspensions()"
    )
