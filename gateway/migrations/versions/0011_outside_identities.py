"""Who of an outside issuer's is who of ours, and which log-ins they began."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "outside_identity",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("pseudonym", sa.LargeBinary(), nullable=False),
        sa.Column("operator", sa.Uuid(), sa.ForeignKey("operator.id"), nullable=True),
        sa.Column("client", sa.Uuid(), sa.ForeignKey("client.id"), nullable=True),
        sa.Column("made", sa.Boolean(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("issuer", "pseudonym"),
        sa.CheckConstraint("(operator IS NULL) <> (client IS NULL)", name="one"),
    )
    op.create_index(None, "outside_identity", ["operator"])
    op.create_index(None, "outside_identity", ["client"])
    op.create_table(
        "outside_log_in",
        sa.Column(
            "code",
            sa.LargeBinary(),
            sa.ForeignKey("authorization_code.digest", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("identity", sa.Uuid(), nullable=False),
        sa.Column("session", sa.LargeBinary(), nullable=True),
    )
    op.create_index(None, "outside_log_in", ["identity"])
    op.create_index(None, "outside_log_in", ["session"])
