"""What happens to accounts: their history, recoveries, deputies, and the filings of departments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_WORD = sa.String(48)


def upgrade() -> None:
    """Make the tables and columns."""
    op.add_column(
        "operator", sa.Column("version", sa.Integer(), nullable=False, server_default="1")
    )
    op.add_column("operator", sa.Column("temporary_until", _MOMENT, nullable=True))
    op.add_column(
        "second_factor", sa.Column("version", sa.Integer(), nullable=False, server_default="1")
    )
    op.create_table(
        "next_second_factor",
        sa.Column("operator", sa.Uuid(), sa.ForeignKey("operator.id"), primary_key=True),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("begun_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "account_change",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("operator", sa.Uuid(), sa.ForeignKey("operator.id"), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("change", _WORD, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("roles", postgresql.ARRAY(sa.String()), nullable=True),
        sa.Column("other", sa.Uuid(), nullable=True),
    )
    op.create_index(None, "account_change", ["operator"])
    _create_recoveries()
    _create_deputies()
    _create_filings()


def _create_recoveries() -> None:
    op.create_table(
        "recovery",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("operator", sa.Uuid(), sa.ForeignKey("operator.id"), nullable=False),
        sa.Column("owner", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("credential", _WORD, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index(None, "recovery", ["operator"])
    op.create_index(None, "recovery", ["owner"])
    op.create_index(
        "uq_recovery_waiting",
        "recovery",
        ["operator", "credential"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL"),
    )


def _create_deputies() -> None:
    op.create_table(
        "deputy",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("operator", sa.Uuid(), sa.ForeignKey("operator.id"), nullable=False),
        sa.Column("deputy", sa.Uuid(), sa.ForeignKey("operator.id"), nullable=False),
        sa.Column("owner", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.Column("named_by", sa.Uuid(), nullable=False),
        sa.Column("named_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in ("operator", "deputy", "until"):
        op.create_index(None, "deputy", [column])
    op.execute(
        "CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON deputy "
        "FOR EACH STATEMENT EXECUTE FUNCTION tell_live()"
    )


def _create_filings() -> None:
    op.create_table(
        "filing",
        sa.Column("department", sa.Uuid(), sa.ForeignKey("department.id"), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=True),
        sa.Column("reminded_at", _MOMENT, nullable=True),
        sa.Column("told", sa.Integer(), nullable=False),
    )
    op.create_table(
        "filed_person",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("department", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("role", _WORD, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("position", sa.String(), nullable=True),
        sa.Column("office_phone", sa.String(), nullable=True),
        sa.Column("operator", sa.Uuid(), sa.ForeignKey("operator.id"), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("filed_at", _MOMENT, nullable=False),
        sa.Column("filed_by", sa.String(), nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
    )
    op.create_index(None, "filed_person", ["department"])
    op.create_index(
        "ix_filed_person_current",
        "filed_person",
        ["department"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
