"""The first tables: requests, grants, and what is known of resources and departments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import create_idempotency_table, create_messaging_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_STILL_OPEN = sa.text("state IN ('submitted', 'negotiating')")


def upgrade() -> None:
    """Make the tables."""
    create_messaging_tables()
    create_idempotency_table()
    _create_known_tables()
    _create_share_request()
    _create_share_grant()


def _create_known_tables() -> None:
    op.create_table(
        "known_department",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("heard", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("short_name", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("is_authority", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "known_resource",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("heard", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("provider", sa.Uuid(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("share_type", sa.String(48), nullable=False),
        sa.Column("share_condition", sa.Text(), nullable=True),
        sa.Column("grade", sa.String(48), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_table(
        "known_item",
        sa.Column(
            "resource_id",
            sa.Uuid(),
            sa.ForeignKey("known_resource.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("share_type", sa.String(48), nullable=False),
        sa.Column("secrecy", sa.String(48), nullable=False),
    )


def _create_share_request() -> None:
    op.create_table(
        "share_request",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("requester", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Uuid(), nullable=False),
        sa.Column("provider_region", sa.String(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), sa.ForeignKey("known_resource.id"), nullable=False),
        sa.Column("resource_version", sa.Integer(), nullable=False),
        sa.Column("resource_code", sa.String(), nullable=False),
        sa.Column("resource_name", sa.String(), nullable=False),
        sa.Column("grade", sa.String(48), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("items", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("path", sa.String(48), nullable=False),
        sa.Column("state", sa.String(48), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by", sa.String(), nullable=False),
        sa.Column("rulebook", sa.String(), nullable=False),
        sa.Column("rulebook_version", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("due_article", sa.String(), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.String(48), nullable=True),
        sa.Column("decision_article", sa.String(), nullable=True),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.Column("ground", sa.String(48), nullable=True),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
    )
    for column in ("requester", "provider", "resource_id"):
        op.create_index(f"ix_share_request_{column}", "share_request", [column])
    # One open request of a department for one purpose. 500 characters of purpose fit an entry.
    op.create_index(
        "uq_share_request_open",
        "share_request",
        ["requester", "resource_id", "purpose"],
        unique=True,
        postgresql_where=_STILL_OPEN,
    )
    op.create_index(
        "ix_share_request_open_due_on", "share_request", ["due_on"], postgresql_where=_STILL_OPEN
    )


def _create_share_grant() -> None:
    op.create_table(
        "share_grant",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "request_id", sa.Uuid(), sa.ForeignKey("share_request.id"), nullable=False, unique=True
        ),
        sa.Column("grantee", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), sa.ForeignKey("known_resource.id"), nullable=False),
        sa.Column("resource_version", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("items", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("grade", sa.String(48), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=True),
        sa.Column("revocation_reason", sa.Text(), nullable=True),
    )
    for column in ("grantee", "provider", "resource_id"):
        op.create_index(f"ix_share_grant_{column}", "share_grant", [column])
