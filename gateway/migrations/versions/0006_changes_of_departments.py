"""Departments change by dated particulars, and may end."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what particulars say now, and the table of changes that are planned."""
    table = "department_particulars"
    op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column(
        table, sa.Column("status", sa.String(48), nullable=False, server_default="active")
    )
    op.add_column(table, sa.Column("basis", sa.Text(), nullable=True))
    # The models give these values; the database's own were for the rows that stood here.
    for column in ("version", "status"):
        op.alter_column(table, column, server_default=None)
    # A department that ended leaves its code to whoever follows it.
    op.drop_index("uq_department_particulars_credit_code", table)
    op.create_index(
        "uq_department_particulars_credit_code",
        table,
        ["credit_code"],
        unique=True,
        postgresql_where=sa.text("until IS NULL AND status = 'active'"),
    )
    op.create_table(
        "department_change",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("department", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("said", JSONB(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_by", sa.String(), nullable=False),
        sa.Column("planned_for", sa.Uuid(), nullable=False),
        sa.Column("taken_effect_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hindered_by", sa.Text(), nullable=True),
    )
    op.create_index(None, "department_change", ["department"])
    op.create_index(
        "ix_department_change_due",
        "department_change",
        ["effective_at"],
        postgresql_where=sa.text("taken_effect_at IS NULL AND cancelled_at IS NULL"),
    )
