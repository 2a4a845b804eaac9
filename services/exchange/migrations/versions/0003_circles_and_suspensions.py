"""Who inside the grantee may use a grant, and which departments may not take for now."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for both, and tell the live copies of suspensions.

    What was narrowed or suspended before is not known here. It need not be: the addresses of
    then are of a version that opens nothing any more, and the gateway gives no new ones.
    """
    op.add_column("known_grant", sa.Column("circle", postgresql.ARRAY(sa.Uuid()), nullable=True))
    op.add_column(
        "known_grant", sa.Column("heard", sa.Integer(), nullable=False, server_default="1")
    )
    op.alter_column("known_grant", "heard", server_default=None)
    op.create_table(
        "known_suspension",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("department", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.execute(
        "CREATE FUNCTION ring_suspensions() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_notify('suspensions', NEW.id::text); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER ring AFTER INSERT OR UPDATE ON known_suspension "
        "FOR EACH ROW EXECUTE FUNCTION ring_suspensions()"
    )
