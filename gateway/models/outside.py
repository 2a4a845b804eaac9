"""The table of outside identities: whom of an issuer's is which account or machine of ours."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base
from shared import db
from shared.events.gateway import OutsideIdentityChanged
from shared.ids import new_id


class OutsideIdentity(Base, kw_only=True):
    """Somebody at an outside issuer, as one operator or one client here.

    `pseudonym` stands for issuer and subject (gateway/issuers/pseudonyms.py): an issuer's own
    name for a person may be a number that names the person everywhere. `made` says that the
    account was made at the first log-in, so that department and roles are the issuer's to say.
    """

    __tablename__ = "outside_identity"
    __table_args__ = (
        UniqueConstraint("issuer", "pseudonym"),
        CheckConstraint("(operator IS NULL) <> (client IS NULL)", name="one"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    issuer: Mapped[str]
    pseudonym: Mapped[bytes]
    operator: Mapped[UUID | None] = mapped_column(
        ForeignKey("operator.id"), index=True, default=None
    )
    client: Mapped[UUID | None] = mapped_column(ForeignKey("client.id"), index=True, default=None)
    made: Mapped[bool] = mapped_column(default=False)
    linked_at: Mapped[datetime] = mapped_column(db.Timestamp)

    def told(
        self, change: str, owner: UUID, actor: str, by: UUID | None, version: int, at: datetime
    ) -> OutsideIdentityChanged:
        """Tell the platform that it was linked, or is no more."""
        return OutsideIdentityChanged(
            at=at,
            actor=actor,
            department=by,
            aggregate=self.id,
            version=version,
            owner=owner,
            operator=self.operator,
            client=self.client,
            issuer=self.issuer,
            change=change,
        )


class OutsideLogIn(Base, kw_only=True):
    """A log-in that an issuer began, by the pseudonym of its session there where it named one.

    It is written beside the authorization code, and finds the log-in through it.
    """

    __tablename__ = "outside_log_in"

    code: Mapped[bytes] = mapped_column(
        ForeignKey("authorization_code.digest", ondelete="CASCADE"), primary_key=True
    )
    identity: Mapped[UUID] = mapped_column(index=True)
    session: Mapped[bytes | None] = mapped_column(index=True, default=None)
