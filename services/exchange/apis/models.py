"""The tables of interfaces, and the only methods that change one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.exchange.apis.definition import Definition, Way
from services.exchange.base import PLATFORM, Base
from services.exchange.documents import Document
from shared import db
from shared.events.exchange_apis import (
    ApiAway,
    ApiBack,
    ApiCredentialSet,
    ApiRegistered,
    ApiSwitched,
)
from shared.ids import new_id
from shared.principal import Principal


class Api(Base, kw_only=True):
    """A provider's system as it is registered for one of its resources.

    `revision` counts every change and is its ETag; `definition_number` counts what is kept of its
    definitions. The credential is sealed under a key that the master key wraps.
    """

    __tablename__ = "api"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT, UPDATE"}},)

    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resource.id"), primary_key=True)
    definition: Mapped[Definition] = mapped_column(Document(Definition))
    changed_at: Mapped[datetime] = mapped_column(db.Timestamp)
    definition_number: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)
    enabled: Mapped[bool] = mapped_column(default=False)
    credential_kind: Mapped[str] = mapped_column(default="none")
    credential_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    credential_key: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    credential_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)

    def define(
        self, definition: Definition, by: Principal, at: datetime
    ) -> tuple["ApiDefinition", ApiRegistered]:
        """The interface is this from now on. Returns what is kept of it, and the event."""
        self.definition = definition
        self.definition_number += 1
        self._changed(at)
        kept = ApiDefinition(
            resource_id=self.resource_id,
            number=self.definition_number,
            definition=definition,
            registered_at=at,
            registered_by=by.actor,
        )
        return kept, ApiRegistered(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.resource_id,
            version=self.revision,
            access_id=by.access_id,
            resource=self.resource_id,
            definition=self.definition_number,
            way=definition.way.value,
            address=definition.address,
            operations=[operation.name for operation in definition.operations],
        )

    def show(
        self, kind: str, sealed: bytes, key: bytes, by: Principal, at: datetime
    ) -> ApiCredentialSet:
        """The system is shown this credential from now on."""
        self.credential_kind, self.credential_at = kind, at
        self.credential_sealed, self.credential_key = sealed, key
        self._changed(at)
        return self._credential_set(by, at)

    def forget_credential(self, by: Principal, at: datetime) -> ApiCredentialSet:
        """No credential is shown any more."""
        self.credential_kind, self.credential_at = "none", None
        self.credential_sealed = self.credential_key = None
        self._changed(at)
        return self._credential_set(by, at)

    def switch(self, *, on: bool, by: Principal, at: datetime) -> ApiSwitched:
        """The interface may be called, or no longer."""
        self.enabled = on
        self._changed(at)
        return ApiSwitched(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.resource_id,
            version=self.revision,
            access_id=by.access_id,
            resource=self.resource_id,
            enabled=on,
        )

    @property
    def served(self) -> bool:
        """Whether a front-end machine takes its calls."""
        return self.definition.way is Way.FRONT_END_MACHINE

    def _changed(self, at: datetime) -> None:
        self.revision += 1
        self.changed_at = at

    def _credential_set(self, by: Principal, at: datetime) -> ApiCredentialSet:
        return ApiCredentialSet(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.resource_id,
            version=self.revision,
            access_id=by.access_id,
            resource=self.resource_id,
            kind=self.credential_kind,
        )


class ApiDefinition(Base, kw_only=True):
    """A definition as it was registered once; kept for ever."""

    __tablename__ = "api_definition"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT"}},)

    resource_id: Mapped[UUID] = mapped_column(ForeignKey("api.resource_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    definition: Mapped[Definition] = mapped_column(Document(Definition))
    registered_at: Mapped[datetime] = mapped_column(db.Timestamp)
    registered_by: Mapped[str]


STANDING = text("ended_at IS NULL")


class ApiOutage(Base, kw_only=True):
    """From when to when a provider's system was away, and how that showed."""

    __tablename__ = "api_outage"
    __table_args__ = (
        Index("ix_api_outage_resource", "resource_id", "id"),
        Index("uq_api_outage_standing", "resource_id", unique=True, postgresql_where=STANDING),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("api.resource_id"))
    began_at: Mapped[datetime] = mapped_column(db.Timestamp)
    reason: Mapped[str]
    ended_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)

    def began(self, provider: UUID, holders: Sequence[UUID]) -> ApiAway:
        """That the system is away."""
        return ApiAway(
            at=self.began_at,
            actor=PLATFORM,
            department=provider,
            aggregate=self.resource_id,
            resource=self.resource_id,
            outage=self.id,
            since=self.began_at,
            reason=self.reason,
            holders=list(holders),
        )

    def end(self, provider: UUID, holders: Sequence[UUID], at: datetime) -> ApiBack:
        """The system is there again."""
        self.ended_at = at
        return ApiBack(
            at=at,
            actor=PLATFORM,
            department=provider,
            aggregate=self.resource_id,
            version=2,
            resource=self.resource_id,
            outage=self.id,
            since=self.began_at,
            holders=list(holders),
        )


class LastAnswer(Base, kw_only=True):
    """末次有效应答: what a system last answered to one question, sealed under a key of its own.

    `question` is a code of the question that nobody can ask backwards. What was answered under an
    earlier definition of the interface is never given.
    """

    __tablename__ = "api_last_answer"
    __table_args__ = (
        Index("ix_api_last_answer_answered_at", "answered_at"),
        {"info": {"runtime": "SELECT, INSERT, UPDATE, DELETE"}},
    )

    resource_id: Mapped[UUID] = mapped_column(ForeignKey("api.resource_id"), primary_key=True)
    question: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    definition_number: Mapped[int]
    answered_at: Mapped[datetime] = mapped_column(db.Timestamp)
    good_until: Mapped[datetime] = mapped_column(db.Timestamp)
    content_type: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    key: Mapped[bytes] = mapped_column(LargeBinary)
