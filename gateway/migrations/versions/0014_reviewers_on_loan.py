"""Reviewers whom an authority lends to a department."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table, whose changes the live copies hear."""
    op.create_table(
        "reviewer_loan",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("operator", sa.Uuid(), sa.ForeignKey("operator.id"), nullable=False),
        sa.Column("department", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("lent_at", _MOMENT, nullable=False),
        sa.Column("lent_by", sa.String(), nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index(None, "reviewer_loan", ["operator"])
    op.create_index(None, "reviewer_loan", ["department"])
    op.execute(
        "CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON reviewer_loan "
        "FOR EACH STATEMENT EXECUTE FUNCTION tell_live()"
    )
