"""Interfaces of providers' systems: definitions, credentials, outages, last good answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room."""
    op.create_table(
        "api",
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("definition_number", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("credential_kind", sa.String(), nullable=False),
        sa.Column("credential_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("credential_key", sa.LargeBinary(), nullable=True),
        sa.Column("credential_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_api_resource_id")),
        sa.PrimaryKeyConstraint("resource_id", name=op.f("pk_api")),
    )
    op.create_table(
        "api_definition",
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["api.resource_id"], name=op.f("fk_api_definition_resource_id")
        ),
        sa.PrimaryKeyConstraint("resource_id", "number", name=op.f("pk_api_definition")),
    )
    op.create_table(
        "api_outage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["api.resource_id"], name=op.f("fk_api_outage_resource_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_outage")),
    )
    op.create_index("ix_api_outage_resource", "api_outage", ["resource_id", "id"])
    op.create_index(
        "uq_api_outage_standing",
        "api_outage",
        ["resource_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "api_last_answer",
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.LargeBinary(), nullable=False),
        sa.Column("definition_number", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("good_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["api.resource_id"], name=op.f("fk_api_last_answer_resource_id")
        ),
        sa.PrimaryKeyConstraint("resource_id", "question", name=op.f("pk_api_last_answer")),
    )
    op.create_index("ix_api_last_answer_answered_at", "api_last_answer", ["answered_at"])
