"""A view says whether it shows which rows are irregular or stale."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_UNIQUE = "uq_view_resource_id_items_grant_id"


def upgrade() -> None:
    """Add the column. Views cut before it had the marks in them."""
    op.add_column(
        "view", sa.Column("marks", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.alter_column("view", "marks", server_default=None)
    op.drop_constraint(_UNIQUE, "view")
    op.create_unique_constraint(
        "uq_view_resource_id_items_marks_grant_id",
        "view",
        ["resource_id", "items", "marks", "grant_id"],
        postgresql_nulls_not_distinct=True,
    )
