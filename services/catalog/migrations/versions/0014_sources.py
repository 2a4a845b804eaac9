"""Who leads in collecting a datum, who collects second, and finding who else has an item."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_NAMED = sa.String(48)
_MOMENT = sa.DateTime(timezone=True)
_DATUM = (
    "substr(translate(normalize(name, NFKC), "
    "'ABCDEFGHIJKLMNOPQRSTUVWXYZ ', 'abcdefghijklmnopqrstuvwxyz'), 1, 120)"
)


def upgrade() -> None:
    """Make the tables, and the indexes over items."""
    op.create_table(
        "collection_ruling",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("by", _NAMED, nullable=False),
        sa.Column("datum", sa.Text(), nullable=False),
        sa.Column("named", sa.Text(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("lead", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("permitted", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("basis_kind", _NAMED, nullable=True),
        sa.Column("basis_citation", sa.Text(), nullable=True),
        sa.Column("remarks", sa.Text(), nullable=False),
        sa.Column("rulebook", sa.String(), nullable=False),
        sa.Column("rulebook_version", sa.String(), nullable=False),
        sa.Column("ruled_at", _MOMENT, nullable=False),
        sa.Column("ruled_by", sa.String(), nullable=False),
        sa.Column("superseded_at", _MOMENT, nullable=True),
    )
    op.create_index("ix_collection_ruling_lead", "collection_ruling", ["lead"])
    op.create_index(
        "uq_collection_ruling_datum",
        "collection_ruling",
        ["datum", "by", "region"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "secondary_item",
        sa.Column("resource_id", sa.Uuid(), sa.ForeignKey("resource.id"), primary_key=True),
        sa.Column("code", sa.Text(), primary_key=True),
        sa.Column("stated_at", _MOMENT, nullable=False),
        sa.Column("stated_by", sa.String(), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=False),
    )
    op.create_index("ix_resource_item_datum", "resource_item", [sa.text(_DATUM)])
    op.create_index(
        "ix_resource_item_element",
        "resource_item",
        ["element"],
        postgresql_where=sa.text("element IS NOT NULL"),
    )
    op.create_index(
        "ix_resource_item_standard",
        "resource_item",
        ["standard"],
        postgresql_where=sa.text("standard <> 'none'"),
    )
