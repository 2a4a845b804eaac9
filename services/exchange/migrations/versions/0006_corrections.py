"""Dry runs, control totals, snapshots that wait, and batches that are recalled."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_UNFINISHED = sa.text("state IN ('received', 'checking', 'held')")


def upgrade() -> None:
    """Make room. What was published before says nothing of how many rows stood after it."""
    op.add_column("resource", sa.Column("most_rejected", sa.Double(), nullable=True))
    op.add_column("resource", sa.Column("least_kept", sa.Double(), nullable=True))
    op.add_column(
        "batch", sa.Column("dry_run", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.alter_column("batch", "dry_run", server_default=None)
    for column in (
        sa.Column("stated_rows", sa.BigInteger(), nullable=True),
        sa.Column("stated_item", sa.String(), nullable=True),
        sa.Column("stated_sum", sa.Numeric(), nullable=True),
        sa.Column("rows_after", sa.BigInteger(), nullable=True),
        sa.Column("hold", sa.String(), nullable=True),
        sa.Column("hold_detail", sa.Text(), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("recalls", sa.Uuid(), sa.ForeignKey("batch.id"), nullable=True),
        sa.Column("recall_reason", sa.Text(), nullable=True),
        sa.Column("recalled_as", sa.BigInteger(), nullable=True),
    ):
        op.add_column("batch", column)
    op.drop_index("ix_batch_unfinished", "batch")
    op.create_index(
        "ix_batch_unfinished", "batch", ["resource_id", "id"], postgresql_where=_UNFINISHED
    )
    op.create_index(
        "ix_batch_recalls",
        "batch",
        ["recalls"],
        postgresql_where=sa.text("recalls IS NOT NULL"),
    )
    op.execute("DROP TRIGGER ring ON batch")
    # A confirmation and a cancellation set a batch, or those behind it, going.
    op.execute(
        "CREATE TRIGGER ring AFTER INSERT OR UPDATE OF state ON batch "
        "FOR EACH ROW EXECUTE FUNCTION ring_batches()"
    )
