"""Whether example data was loaded; installations of before loaded it where it is known by name."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# The first department of deploy/example, whose code no real department carries.
_EXAMPLE = "11320200000000001M"


def upgrade() -> None:
    """Make the table, and the mark where it belongs already."""
    op.create_table(
        "example_loaded",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.execute(
        sa.text(
            "INSERT INTO example_loaded (id, at) SELECT 1, min(since) FROM department_particulars "
            "WHERE credit_code = :code HAVING count(*) > 0"
        ).bindparams(code=_EXAMPLE)
    )
