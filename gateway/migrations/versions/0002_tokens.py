"""Tokens and log-ins: several secrets, keys, refresh tokens, revocation, the second factor."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and move each client's secret into its own row."""
    _create_client_credentials()
    _create_second_factor()
    _create_log_ins()
    # Every gateway process follows these (gateway/live.py).
    op.execute(
        "CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON revoked_token "
        "FOR EACH STATEMENT EXECUTE FUNCTION tell_live()"
    )


def _create_client_credentials() -> None:
    op.create_table(
        "client_secret",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("client", sa.Uuid(), sa.ForeignKey("client.id"), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index(None, "client_secret", ["client"])
    op.execute(
        "INSERT INTO client_secret (id, client, secret_hash, added_at) "
        "SELECT gen_random_uuid(), id, secret_hash, registered_at FROM client"
    )
    op.drop_column("client", "secret_hash")
    op.create_table(
        "client_keys",
        sa.Column("client", sa.Uuid(), sa.ForeignKey("client.id"), primary_key=True),
        sa.Column("keys", JSONB(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_table(
        "used_assertion",
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(None, "used_assertion", ["expires_at"])


def _create_second_factor() -> None:
    op.create_table(
        "second_factor",
        sa.Column("operator", sa.Uuid(), sa.ForeignKey("operator.id"), primary_key=True),
        sa.Column("id", sa.Uuid(), nullable=False, unique=True),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "recovery_code",
        sa.Column("operator", sa.Uuid(), sa.ForeignKey("operator.id"), primary_key=True),
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
    )


def _create_log_ins() -> None:
    op.create_table(
        "log_in",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("operator", sa.Uuid(), sa.ForeignKey("operator.id"), nullable=False),
        sa.Column("application", sa.String(), nullable=False),
        sa.Column("acr", sa.String(), nullable=False),
        sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index(None, "log_in", ["operator"])
    op.create_table(
        "refresh_token",
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("log_in", sa.Uuid(), sa.ForeignKey("log_in.id"), nullable=False),
        sa.Column("access_token", sa.Uuid(), nullable=False),
        sa.Column("access_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index(None, "refresh_token", ["log_in"])
    op.create_table(
        "revoked_token",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(None, "revoked_token", ["expires_at"])
    # Codes live for a minute: those of this very minute are asked for again.
    op.execute("DELETE FROM authorization_code")
    op.add_column("authorization_code", sa.Column("acr", sa.String(), nullable=False))
    op.add_column(
        "authorization_code",
        sa.Column("log_in", sa.Uuid(), sa.ForeignKey("log_in.id"), nullable=True),
    )
