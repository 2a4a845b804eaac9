"""The first tables: the registry, authorization codes, and the copy of grants."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import create_idempotency_table, create_messaging_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# A change of these is told to every gateway process, which looks again (gateway/live.py).
_FOLLOWED = ("client", "operator", "department_particulars", "grant_copy")


def upgrade() -> None:
    """Make the tables."""
    create_messaging_tables()
    create_idempotency_table()
    _create_departments()
    _create_members()
    _create_grant_copy()
    _tell_the_live_copies()


def _create_departments() -> None:
    op.create_table(
        "department",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_table(
        "department_particulars",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("department", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("short_name", sa.String(), nullable=False),
        sa.Column("credit_code", sa.String(18), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("parent", sa.Uuid(), sa.ForeignKey("department.id"), nullable=True),
        sa.Column("is_authority", sa.Boolean(), nullable=False),
    )
    op.create_index(None, "department_particulars", ["department"])
    for name, column in (("credit_code", "credit_code"), ("current", "department")):
        op.create_index(
            f"uq_department_particulars_{name}",
            "department_particulars",
            [column],
            unique=True,
            postgresql_where=sa.text("until IS NULL"),
        )


def _create_members() -> None:
    kinds = sa.Enum("system", "front-end-machine", native_enum=False, length=48)
    op.create_table(
        "client",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("department", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index(None, "client", ["department"])
    op.create_table(
        "operator",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("department", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("username", sa.String(), nullable=False, unique=True),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index(None, "operator", ["department"])
    op.create_table(
        "authorization_code",
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("operator", sa.Uuid(), sa.ForeignKey("operator.id"), nullable=False),
        sa.Column("application", sa.String(), nullable=False),
        sa.Column("redirect_uri", sa.String(), nullable=False),
        sa.Column("challenge", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
    )


def _create_grant_copy() -> None:
    op.create_table(
        "grant_copy",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Uuid(), nullable=False),
        sa.Column("grantee", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
    )
    op.create_index(None, "grant_copy", ["sequence"])


def _tell_the_live_copies() -> None:
    op.execute(
        "CREATE FUNCTION tell_live() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_notify('live', TG_TABLE_NAME); RETURN NULL; END $$"
    )
    for table in _FOLLOWED:
        op.execute(
            f"CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION tell_live()"
        )
