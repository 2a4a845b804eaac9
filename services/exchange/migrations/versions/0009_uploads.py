"""Resumable uploads, and the segments in which their bytes are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make room."""
    op.create_table(
        "upload",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource_id", sa.Uuid(), sa.ForeignKey("resource.id"), nullable=False),
        sa.Column("provider", sa.Uuid(), nullable=False),
        sa.Column("provider_key", sa.String(), nullable=False),
        sa.Column("mode", sa.String(48), nullable=False),
        sa.Column("format", sa.String(48), nullable=True),
        sa.Column("packing", sa.String(48), nullable=False),
        sa.Column("charset", sa.String(), nullable=True),
        sa.Column("sheet", sa.String(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("stated_rows", sa.BigInteger(), nullable=True),
        sa.Column("stated_item", sa.String(), nullable=True),
        sa.Column("stated_sum", sa.Numeric(), nullable=True),
        sa.Column("opened_by", sa.String(), nullable=False, index=True),
        sa.Column("opened_at", _WHEN, nullable=False),
        sa.Column("access_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", _WHEN, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(48), nullable=False),
        sa.Column("ended_at", _WHEN, nullable=True),
        sa.Column("ended_because", sa.String(48), nullable=True),
        sa.Column("batch_id", sa.Uuid(), sa.ForeignKey("batch.id"), nullable=True),
    )
    op.create_index(
        "ix_upload_key",
        "upload",
        ["resource_id", "provider_key"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'handed-in')"),
    )
    op.create_index(
        "ix_upload_open",
        "upload",
        ["provider", "id"],
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_upload_batch",
        "upload",
        ["batch_id"],
        postgresql_where=sa.text("batch_id IS NOT NULL"),
    )
    op.create_table(
        "upload_segment",
        sa.Column("upload_id", sa.Uuid(), sa.ForeignKey("upload.id"), primary_key=True),
        sa.Column("start", sa.BigInteger(), primary_key=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Uuid(), nullable=False),
    )
