"""What is published says who provided it; of before, under the names of now."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Fill the columns where nothing was written yet."""
    # Published versions never change; this adds what they have said all along.
    op.execute("ALTER TABLE resource_version DISABLE TRIGGER keep_published")
    op.execute(
        "UPDATE resource_version v SET published_for = d.id, published_for_name = d.name, "
        "published_for_code = d.credit_code FROM resource r JOIN department d ON d.id = r.provider "
        "WHERE r.id = v.resource_id AND v.published_at IS NOT NULL AND v.published_for IS NULL"
    )
    op.execute("ALTER TABLE resource_version ENABLE TRIGGER keep_published")
