"""Updates that are due, quarterly maintenance, and the yearly plan, frozen once adopted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_NAMED = sa.String(48)


def upgrade() -> None:
    """Make the tables."""
    _create_occasion()
    _create_maintenance()
    _create_plan()
    _keep_adopted_plans()


def _create_occasion() -> None:
    op.create_table(
        "occasion",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("cause", _NAMED, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("resources", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("article", sa.String(), nullable=True),
        sa.Column("rulebook", sa.String(), nullable=False),
        sa.Column("rulebook_version", sa.String(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("remarks", sa.Text(), nullable=True),
    )
    op.create_index("ix_occasion_provider", "occasion", ["provider"])
    op.create_index(
        "ix_occasion_open", "occasion", ["due_on"], postgresql_where=sa.text("settled_at IS NULL")
    )


def _create_maintenance() -> None:
    op.create_table(
        "maintenance",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("quarter", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("article", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("entries", sa.Integer(), nullable=True),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.UniqueConstraint("provider", "quarter"),
    )
    op.create_index(
        "ix_maintenance_open",
        "maintenance",
        ["due_on"],
        postgresql_where=sa.text("confirmed_at IS NULL"),
    )


def _create_plan() -> None:
    op.create_table(
        "year_plan",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("article", sa.String(), nullable=False),
        sa.Column("rulebook_version", sa.String(), nullable=False),
        sa.Column("state", _NAMED, nullable=False),
        sa.Column("drawn_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drawn_up_by", sa.String(), nullable=False),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("adopted_by", sa.String(), nullable=True),
        sa.UniqueConstraint("region", "year"),
    )
    op.create_table(
        "year_plan_item",
        sa.Column(
            "plan_id",
            sa.Uuid(),
            sa.ForeignKey("year_plan.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("provider", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
    )


def _keep_adopted_plans() -> None:
    """Let the database itself refuse any change of what was adopted."""
    op.execute(
        "CREATE FUNCTION keep_adopted_plan() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF OLD.state = 'adopted' THEN RAISE EXCEPTION 'an adopted plan never changes' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER keep_adopted BEFORE UPDATE OR DELETE ON year_plan "
        "FOR EACH ROW EXECUTE FUNCTION keep_adopted_plan()"
    )
    op.execute(
        "CREATE FUNCTION keep_adopted_plan_item() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE item year_plan_item; BEGIN "
        "IF TG_OP = 'DELETE' THEN item := OLD; ELSE item := NEW; END IF; "
        "IF EXISTS (SELECT 1 FROM year_plan p WHERE p.id = item.plan_id "
        "AND p.state = 'adopted') THEN RAISE EXCEPTION 'an adopted plan never changes' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN item; END $$"
    )
    op.execute(
        "CREATE TRIGGER keep_adopted BEFORE INSERT OR UPDATE OR DELETE ON year_plan_item "
        "FOR EACH ROW EXECUTE FUNCTION keep_adopted_plan_item()"
    )
