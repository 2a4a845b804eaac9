"""The secrecy review: who reviewed a version, and what waits behind that review."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Remember reviewers, those of versions under way by their steps; widen the short index."""
    op.add_column(
        "resource_version",
        sa.Column(
            "reviewers",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            server_default=sa.text("'{}'"),
        ),
    )
    op.execute(
        "UPDATE resource_version v SET reviewers = ARRAY(SELECT DISTINCT s.actor "
        "FROM resource_step s WHERE s.resource_id = v.resource_id AND s.number = v.number "
        "AND s.action = 'pass') WHERE v.published_at IS NULL"
    )
    op.drop_index("ix_resource_waiting", "resource")
    op.create_index(
        "ix_resource_waiting",
        "resource",
        ["state"],
        postgresql_where=sa.text("state IN ('submitted', 'reviewed', 'cleared')"),
    )
