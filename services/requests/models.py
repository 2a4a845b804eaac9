"""The tables of requests, and the only methods that change a request or a grant."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from services.requests.announced import ChangeAhead
from services.requests.base import Base
from services.requests.deadlines import Deadline
from services.requests.granting import Decision, Path, check_not_revoked
from services.requests.known import KnownDepartment
from services.requests.refusals import Refusal
from services.requests.suspensions.models import Suspension
from services.requests.workflow import Action, State, move
from shared import db
from shared.events import requests as said
from shared.events.catalog import Grade, ResourceWithdrawn
from shared.events.gateway import OperatorClosed
from shared.ids import new_id
from shared.narrowed import Narrowed, Narrowing
from shared.principal import Principal
from shared.rulebooks.vocabulary import RefusalGround

__all__ = ["Base", "Grant", "ShareRequest", "Suspension"]

PLATFORM = "service:requests"
"""The actor of what nobody did but the rulebook or the passing of time."""

_STILL_OPEN = text("state IN ('submitted', 'negotiating')")


class ShareRequest(Base, kw_only=True):
    """One department's request for items of one resource of another.

    `rulebook` and `rulebook_version` are those under which it began and is decided. `due_on` is
    the last day of the provider's answer where the rulebook sets a limit (`due_article`).
    """

    __tablename__ = "share_request"
    __table_args__ = (
        Index(
            "uq_share_request_open",
            "requester",
            "resource_id",
            "purpose",
            unique=True,
            postgresql_where=_STILL_OPEN,
        ),
        Index("ix_share_request_open_due_on", "due_on", postgresql_where=_STILL_OPEN),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1, init=False)
    requester: Mapped[UUID] = mapped_column(index=True)
    provider: Mapped[UUID] = mapped_column(index=True)
    provider_region: Mapped[str]
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("known_resource.id"), index=True)
    resource_version: Mapped[int]
    resource_code: Mapped[str]
    resource_name: Mapped[str]
    grade: Mapped[Grade] = mapped_column(db.named(Grade))
    sensitive: Mapped[bool]
    duty: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    items: Mapped[list[str]] = mapped_column(ARRAY(Text))
    path: Mapped[Path] = mapped_column(db.named(Path))
    state: Mapped[State] = mapped_column(db.named(State))
    submitted_at: Mapped[datetime] = mapped_column(db.Timestamp)
    submitted_by: Mapped[str]
    rulebook: Mapped[str]
    rulebook_version: Mapped[str]
    due_on: Mapped[date | None] = mapped_column(default=None)
    due_provisional: Mapped[bool] = mapped_column(default=False)
    due_article: Mapped[str | None] = mapped_column(default=None)
    overdue_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    decision: Mapped[Decision | None] = mapped_column(db.named(Decision), default=None, init=False)
    decision_article: Mapped[str | None] = mapped_column(default=None, init=False)
    remarks: Mapped[str | None] = mapped_column(Text, default=None, init=False)
    reasons: Mapped[str | None] = mapped_column(Text, default=None, init=False)
    ground: Mapped[RefusalGround | None] = mapped_column(
        db.named(RefusalGround), default=None, init=False
    )
    basis: Mapped[str | None] = mapped_column(Text, default=None, init=False)
    decided_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    decided_by: Mapped[str | None] = mapped_column(default=None, init=False)
    filed_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    withdrawn_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    withdrawn_by: Mapped[str | None] = mapped_column(default=None, init=False)
    # The names of their time, written down once the departments are called otherwise.
    requester_named: Mapped[str | None] = mapped_column(default=None, init=False)
    provider_named: Mapped[str | None] = mapped_column(default=None, init=False)

    grant: Mapped["Grant | None"] = relationship(
        # By the class, not by its name: all services of a process share one registry of names.
        lambda: Grant,
        back_populates="request",
        init=False,
        default=None,
        lazy="raise",
    )
    # Names for people's eyes. Events of different sources come in any order, so a department
    # that asks may not be known here yet: no foreign key.
    known_requester: Mapped[KnownDepartment | None] = relationship(
        primaryjoin=lambda: foreign(ShareRequest.requester) == KnownDepartment.id,
        init=False,
        default=None,
        viewonly=True,
        lazy="raise",
    )
    known_provider: Mapped[KnownDepartment | None] = relationship(
        primaryjoin=lambda: foreign(ShareRequest.provider) == KnownDepartment.id,
        init=False,
        default=None,
        viewonly=True,
        lazy="raise",
    )

    def submitted(self, by: Principal) -> said.RequestSubmitted:
        """That the request was made: the first thing that is said of it."""
        return said.RequestSubmitted(
            **self._facts(self.submitted_at, by),
            resource_version=self.resource_version,
            duty=self.duty,
            purpose=self.purpose,
            items=self.items,
            state=self.state,
            due_on=self.due_on,
            due_provisional=self.due_provisional,
            rulebook=self.rulebook,
            rulebook_version=self.rulebook_version,
        )

    def grant_by_rule(
        self, by: Principal, article: str | None, at: datetime
    ) -> said.RequestApproved:
        """The rulebook lets the requester have all of it; nobody decides. Raises IllegalMove."""
        self._decide(Action.APPROVE, Decision.GRANTED_BY_RULE, PLATFORM, at)
        self.decision_article = article
        facts = self._facts(at, None)
        facts["access_id"] = by.access_id
        return self._approved(facts, self.items, None)

    def approve(
        self,
        by: Principal,
        *,
        items: Sequence[str],
        valid_until: datetime | None,
        remarks: str | None,
        at: datetime,
    ) -> said.RequestApproved:
        """The provider approves what was asked for, or some of the items. Raises IllegalMove.

        `remarks` is its opinion (答复意见), by which the requester uses what it gets.
        """
        whole = set(items) == set(self.items)
        decision = Decision.APPROVED if whole else Decision.APPROVED_IN_PART
        self._decide(Action.APPROVE, decision, by.actor, at)
        self.remarks = remarks
        return self._approved(self._facts(at, by), items, valid_until)

    def refuse(self, by: Principal, refusal: Refusal, at: datetime) -> said.RequestRefused:
        """The provider refuses. Raises IllegalMove."""
        self._decide(Action.REFUSE, Decision.REFUSED, by.actor, at)
        self.reasons = refusal.reasons
        self.ground = refusal.ground
        self.basis = refusal.basis
        self.decision_article = refusal.article
        self.filed_at = at if refusal.filed else None
        return said.RequestRefused(
            **self._facts(at, by),
            reasons=refusal.reasons,
            ground=refusal.ground,
            basis=refusal.basis,
            filed=refusal.filed,
            rulebook=self.rulebook,
            rulebook_version=self.rulebook_version,
        )

    def withdraw(self, by: Principal, at: datetime) -> said.RequestWithdrawn:
        """The requester takes it back. Raises IllegalMove."""
        self.state = move(self.state, Action.WITHDRAW)
        self.withdrawn_at = at
        self.withdrawn_by = by.actor
        self.version += 1
        return said.RequestWithdrawn(**self._facts(at, by))

    def fall_overdue(self, at: datetime) -> said.RequestOverdue:
        """The last day has passed in silence; said once. Only for a request that has one."""
        if self.due_on is None:
            raise ValueError("a request without a last day cannot be overdue")
        self.overdue_at = at
        self.version += 1
        return said.RequestOverdue(**self._facts(at, None), due_on=self.due_on)

    def set_deadline(self, deadline: Deadline | None) -> None:
        """Put down until when the provider must answer, as counted at submission or again."""
        self.due_on = deadline.on if deadline else None
        self.due_provisional = deadline.provisional if deadline else False
        self.due_article = deadline.article if deadline else None

    def _decide(self, action: Action, decision: Decision, actor: str, at: datetime) -> None:
        self.state = move(self.state, action)
        self.decision = decision
        self.decided_at = at
        self.decided_by = actor
        self.version += 1

    def _approved(
        self, facts: "_Facts", items: Sequence[str], valid_until: datetime | None
    ) -> said.RequestApproved:
        return said.RequestApproved(
            **facts,
            decision=str(self.decision),
            items=list(items),
            valid_until=valid_until,
            remarks=self.remarks,
            rulebook=self.rulebook,
            rulebook_version=self.rulebook_version,
        )

    def _facts(self, at: datetime, by: Principal | None) -> "_Facts":
        return _Facts(
            at=at,
            actor=by.actor if by else PLATFORM,
            department=by.department if by else None,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id if by else None,
            request=self.id,
            resource=self.resource_id,
            requester=self.requester,
            provider=self.provider,
        )


class _Facts(TypedDict):
    """What every event about a request says."""

    at: datetime
    actor: str
    department: UUID | None
    aggregate: UUID
    version: int
    access_id: UUID | None
    request: UUID
    resource: UUID
    requester: UUID
    provider: UUID


class Grant(Base, kw_only=True):
    """The right of one department to use items of one resource for one purpose.

    Times are UTC. It is in force from `valid_from` until `valid_until`, or without end, unless
    it is revoked.
    """

    __tablename__ = "share_grant"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT, UPDATE"}},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    version: Mapped[int] = mapped_column(default=1, init=False)
    request_id: Mapped[UUID] = mapped_column(
        ForeignKey("share_request.id"), unique=True, init=False
    )
    request: Mapped[ShareRequest] = relationship(back_populates="grant", lazy="raise")
    grantee: Mapped[UUID] = mapped_column(index=True)
    provider: Mapped[UUID] = mapped_column(index=True)
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("known_resource.id"), index=True)
    resource_version: Mapped[int]
    purpose: Mapped[str] = mapped_column(Text)
    items: Mapped[list[str]] = mapped_column(ARRAY(Text))
    grade: Mapped[Grade] = mapped_column(db.named(Grade))
    valid_from: Mapped[datetime] = mapped_column(db.Timestamp)
    valid_until: Mapped[datetime | None] = mapped_column(db.Timestamp)
    revoked_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    revoked_by: Mapped[str | None] = mapped_column(default=None, init=False)
    revocation_reason: Mapped[str | None] = mapped_column(Text, default=None, init=False)
    # The clients and operators who may use it; null is the whole department. `circle_article`
    # is the article by which one must be named before data flows.
    circle: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid), default=None)
    circle_article: Mapped[str | None] = mapped_column(default=None)
    personal: Mapped[bool] = mapped_column(default=False)
    # How much it may be used on one local day; null is not bounded.
    calls_per_day: Mapped[int | None] = mapped_column(default=None)
    keys_per_day: Mapped[int | None] = mapped_column(default=None)
    narrowing: Mapped[Narrowing | None] = mapped_column(Narrowed, default=None)
    # The old platform and its number for a grant that was taken over from it.
    former_platform: Mapped[str | None] = mapped_column(Text, default=None, init=False)
    former_reference: Mapped[str | None] = mapped_column(Text, default=None, init=False)

    changes_ahead: Mapped[list[ChangeAhead]] = relationship(
        primaryjoin=lambda: foreign(ChangeAhead.resource_id) == Grant.resource_id,
        order_by=ChangeAhead.effective_at,
        init=False,
        viewonly=True,
        lazy="raise",
    )
    known_grantee: Mapped[KnownDepartment | None] = relationship(
        primaryjoin=lambda: foreign(Grant.grantee) == KnownDepartment.id,
        init=False,
        default=None,
        viewonly=True,
        lazy="raise",
    )
    known_provider: Mapped[KnownDepartment | None] = relationship(
        primaryjoin=lambda: foreign(Grant.provider) == KnownDepartment.id,
        init=False,
        default=None,
        viewonly=True,
        lazy="raise",
    )

    @property
    def quota(self) -> said.Quota | None:
        """What bounds its use on one day, None where nothing does."""
        if self.calls_per_day is None and self.keys_per_day is None:
            return None
        return said.Quota(calls_per_day=self.calls_per_day, keys_per_day=self.keys_per_day)

    def issued(self, approval: said.RequestApproved) -> said.GrantIssued:
        """That the grant stands, by the approval that made it."""
        return said.GrantIssued(
            at=approval.at,
            actor=approval.actor,
            department=approval.department,
            aggregate=self.id,
            version=self.version,
            access_id=approval.access_id,
            grant=self.id,
            request=approval.request,
            resource=self.resource_id,
            resource_version=self.resource_version,
            provider=self.provider,
            grantee=self.grantee,
            purpose=self.purpose,
            items=self.items,
            grade=self.grade,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            circle=self.circle,
            circle_article=self.circle_article,
            personal=self.personal,
            quota=self.quota,
            narrowing=self.narrowing,
        )

    def name_circle(
        self, by: Principal | OperatorClosed, circle: list[UUID], at: datetime
    ) -> said.GrantCircleChanged:
        """Only these may use it from now on. Raises GrantRevokedAlready."""
        check_not_revoked(self.revoked_at)
        self.circle = circle
        self.version += 1
        return said.GrantCircleChanged(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            grant=self.id,
            circle=circle,
        )

    def end_with_resource(self, event: ResourceWithdrawn) -> said.GrantRevoked:
        """The resource left the catalogue, and with it the basis on which the grant stood.

        Raises GrantRevokedAlready. baoji-2017 §7, jiangsu-2017 §7.
        """
        reason = f"信息资源已撤回：{event.remarks or '未说明'}"
        return self._end(event, reason, event.at)

    def revoke(self, by: Principal, reason: str, at: datetime) -> said.GrantRevoked:
        """The provider ends it before its time, and says why. Raises GrantRevokedAlready."""
        return self._end(by, reason, at)

    def _end(
        self, by: Principal | ResourceWithdrawn, reason: str, at: datetime
    ) -> said.GrantRevoked:
        check_not_revoked(self.revoked_at)
        self.revoked_at, self.revoked_by, self.revocation_reason = at, by.actor, reason
        self.version += 1
        return said.GrantRevoked(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            grant=self.id,
            reason=reason,
        )
