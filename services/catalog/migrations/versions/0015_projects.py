"""IT projects: what they will bring, every step, and the authority's statements."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_AT = sa.DateTime(timezone=True)
_NAMED = sa.String(48)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "project",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("aim", sa.Text(), nullable=False),
        sa.Column("source", _NAMED, nullable=False),
        sa.Column("stage", _NAMED, nullable=False),
        sa.Column("opinion", _NAMED, nullable=True),
        sa.Column("result", _NAMED, nullable=True),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("approval", sa.Text(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("acceptance", sa.Text(), nullable=True),
        sa.Column("construction_at", _AT, nullable=True),
        sa.Column("operation_at", _AT, nullable=True),
    )
    op.create_index("ix_project_provider", "project", ["provider"])
    op.create_table(
        "project_entry",
        sa.Column(
            "project_id",
            sa.Uuid(),
            sa.ForeignKey("project.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("items", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("resource_id", sa.Uuid(), sa.ForeignKey("resource.id"), nullable=True),
    )
    op.create_table(
        "project_step",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("project_id", sa.Uuid(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=True),
        sa.Column("remarks", sa.Text(), nullable=True),
    )
    op.create_index("ix_project_step_project_id", "project_step", ["project_id"])
    op.create_table(
        "project_statement",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("project_id", sa.Uuid(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("purpose", _NAMED, nullable=False),
        sa.Column("verdict", _NAMED, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("digest_name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=True),
        sa.Column("public_key", sa.String(), nullable=True),
        sa.Column("issued_at", _AT, nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
    )
    op.create_index("ix_project_statement_project_id", "project_statement", ["project_id"])
