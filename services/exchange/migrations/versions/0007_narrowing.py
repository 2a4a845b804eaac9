"""Grants that let some rows through and show some items masked, and views of just that."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BEFORE = "uq_view_resource_id_items_marks_grant_id"


def upgrade() -> None:
    """Make room: what was granted and cut before shows all rows as they are."""
    op.add_column("known_grant", sa.Column("narrowing", sa.Text(), nullable=True))
    op.add_column("view", sa.Column("narrowing", sa.Text(), nullable=True))
    op.add_column("view", sa.Column("narrowed", sa.String(), nullable=False, server_default=""))
    op.alter_column("view", "narrowed", server_default=None)
    op.drop_constraint(_BEFORE, "view")
    op.create_unique_constraint(
        "uq_view_resource_id_items_marks_grant_id_narrowed",
        "view",
        ["resource_id", "items", "marks", "grant_id", "narrowed"],
        postgresql_nulls_not_distinct=True,
    )
