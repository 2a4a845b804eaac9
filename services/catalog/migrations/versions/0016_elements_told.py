"""Whether the other services have heard of a data element."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody listened before: what stands in the registry is told once more."""
    op.add_column(
        "data_element", sa.Column("told", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.alter_column("data_element", "told", server_default=None)
