"""The service guide: what departments offer the public, and every description of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, and keep what was published."""
    op.create_table(
        "guide_service",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=True),
        sa.Column("state", sa.String(48), nullable=False),
        sa.Column("latest", sa.Integer(), nullable=False),
        sa.Column("published", sa.Integer(), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reminded_at", _AT, nullable=True),
        sa.Column("overdue_at", _AT, nullable=True),
        sa.Column("ended_at", _AT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.UniqueConstraint("provider", "name_key"),
    )
    op.create_index(
        "ix_guide_service_due",
        "guide_service",
        ["due_on"],
        postgresql_where=sa.text("due_on IS NOT NULL"),
    )
    op.create_table(
        "guide_version",
        sa.Column("service_id", sa.Uuid(), sa.ForeignKey("guide_service.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("abstract", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("ways", postgresql.JSONB(), nullable=False),
        sa.Column("resources", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("written_at", _AT, nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column("decided_at", _AT, nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("published_at", _AT, nullable=True),
    )
    op.execute(
        "CREATE FUNCTION keep_published_guide() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF OLD.published_at IS NOT NULL THEN "
        "RAISE EXCEPTION 'a published description never changes' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER keep_published BEFORE UPDATE OR DELETE ON guide_version "
        "FOR EACH ROW EXECUTE FUNCTION keep_published_guide()"
    )
