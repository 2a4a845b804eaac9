"""What departments need of others' data, and every step of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NAMED = sa.String(48)
_MOMENT = sa.DateTime(timezone=True)
_TEXTS = postgresql.ARRAY(sa.Text())


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "need",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("needing", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("items", _TEXTS, nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("cycle", _NAMED, nullable=False),
        sa.Column("urgency", _NAMED, nullable=False),
        sa.Column("registered_at", _MOMENT, nullable=False),
        sa.Column("state", _NAMED, nullable=False),
        sa.Column("ruling", _NAMED, nullable=True),
        sa.Column("resource", sa.Uuid(), sa.ForeignKey("resource.id"), nullable=True),
        sa.Column("lead", sa.Uuid(), sa.ForeignKey("department.id"), nullable=True),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column("ruled_at", _MOMENT, nullable=True),
    )
    op.create_index("ix_need_needing", "need", ["needing"])
    op.create_index("ix_need_lead", "need", ["lead"])
    op.create_table(
        "need_record",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("need_id", sa.Uuid(), sa.ForeignKey("need.id"), nullable=False),
        sa.Column("step", _NAMED, nullable=False),
        sa.Column("state", _NAMED, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("department", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("items", _TEXTS, nullable=False),
        sa.Column("ruling", _NAMED, nullable=True),
        sa.Column("resource", sa.Uuid(), nullable=True),
        sa.Column("lead", sa.Uuid(), nullable=True),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column("rulebook", sa.String(), nullable=False),
        sa.Column("rulebook_version", sa.String(), nullable=False),
    )
    op.create_index("ix_need_record_need_id", "need_record", ["need_id"])
