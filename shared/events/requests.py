"""What the requests service tells the rest of the platform."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events import Event
from shared.narrowing import Narrowing


class RequestSubmitted(Event):
    """A department asked for a resource; `state` is what that led to.

    `due_on` is the last day of the provider's answer, absent where the rulebook sets no limit or
    nobody has to answer; it is provisional while it crosses a year that is not announced.
    """

    subject: ClassVar[str] = "requests.submitted.v1"

    request: UUID
    resource: UUID
    resource_version: int
    requester: UUID
    provider: UUID
    duty: str
    purpose: str
    items: list[str]
    state: str
    due_on: date | None
    due_provisional: bool
    rulebook: str
    rulebook_version: str


class RequestApproved(Event):
    """The provider approved, perhaps fewer items than were asked for, or the rulebook did.

    `remarks` is the provider's opinion, by which the requester uses what it gets.
    """

    subject: ClassVar[str] = "requests.approved.v1"

    request: UUID
    resource: UUID
    requester: UUID
    provider: UUID
    decision: str
    items: list[str]
    valid_until: datetime | None
    remarks: str | None
    rulebook: str
    rulebook_version: str


class RequestRefused(Event):
    """The provider refused, with reasons. `filed` says that the refusal is filed with the
    competent authority, as some rulebooks demand for sensitive data."""

    subject: ClassVar[str] = "requests.refused.v1"

    request: UUID
    resource: UUID
    requester: UUID
    provider: UUID
    reasons: str
    ground: str | None
    basis: str | None
    filed: bool
    rulebook: str
    rulebook_version: str


class RequestWithdrawn(Event):
    """The requester took its request back before it was decided."""

    subject: ClassVar[str] = "requests.withdrawn.v1"

    request: UUID
    resource: UUID
    requester: UUID
    provider: UUID


class RequestOverdue(Event):
    """The provider let the limit pass in silence. Said once for each request."""

    subject: ClassVar[str] = "requests.overdue.v1"

    request: UUID
    resource: UUID
    requester: UUID
    provider: UUID
    due_on: date


class Quota(BaseModel):
    """How much a grant may be used on one local day; what is absent is not bounded."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    calls_per_day: int | None = None
    keys_per_day: int | None = None


class GrantIssued(Event):
    """One department may use `items` of one resource for `purpose`, from and until.

    Times are UTC; `valid_until` is absent for a grant without an end. `circle` holds the ids of
    the clients and operators who may use it, absent for the whole department; `circle_article`
    is the article by which one must be named before data flows, absent where none demands it.
    `personal` says whether an item of it is somebody's private matter. `quota` bounds its use on
    one local day, absent where nothing does. `narrowing` says which rows it lets through and
    which items come masked, absent for all rows as they are.
    """

    subject: ClassVar[str] = "requests.grant-issued.v1"

    grant: UUID
    request: UUID
    resource: UUID
    resource_version: int
    provider: UUID
    grantee: UUID
    purpose: str
    items: list[str]
    grade: str
    valid_from: datetime
    valid_until: datetime | None
    circle: list[UUID] | None = None
    circle_article: str | None = None
    personal: bool = False
    quota: Quota | None = None
    narrowing: Narrowing | None = None


class GrantCircleChanged(Event):
    """Only the clients and operators in `circle` may use the grant from now on."""

    subject: ClassVar[str] = "requests.grant-circle-changed.v1"

    grant: UUID
    circle: list[UUID]


class GrantRevoked(Event):
    """The grant ended before its time; nothing may flow under it any more."""

    subject: ClassVar[str] = "requests.grant-revoked.v1"

    grant: UUID
    reason: str


class GrantTakeoverProposed(Event):
    """The authority brought in what an old platform granted; it waits for its provider.

    `reference` is its number there, `granted_on` the local day of that decision.
    """

    subject: ClassVar[str] = "requests.grant-takeover-proposed.v1"

    takeover: UUID
    platform: str
    reference: str
    granted_on: date
    resource: UUID
    provider: UUID
    grantee: UUID
    reason: str


class GrantTakenOver(Event):
    """The provider confirmed an old grant; it goes on as `grant`, which is told of apart."""

    subject: ClassVar[str] = "requests.grant-taken-over.v1"

    takeover: UUID
    platform: str
    reference: str
    resource: UUID
    provider: UUID
    grantee: UUID
    grant: UUID


class GrantTakeoverEnded(Event):
    """An old grant becomes none here: `state` says whether refused or cancelled."""

    subject: ClassVar[str] = "requests.grant-takeover-ended.v1"

    takeover: UUID
    resource: UUID
    grantee: UUID
    state: str
    reason: str


class DepartmentSuspended(Event):
    """A department lost the right to others' data; what it provides goes on.

    `article` is what the suspension rests on; `rectify_by` the last day of the notice that was
    given on `notified_on`, both local days. `continues` is the suspension of a department that
    this one followed, where it was passed on.
    """

    subject: ClassVar[str] = "requests.department-suspended.v1"

    suspension: UUID
    suspended: UUID
    violation: str
    reason: str
    notified_on: date
    rectify_by: date
    article: str
    rulebook: str
    rulebook_version: str
    continues: UUID | None = None


class SuspensionLifted(Event):
    """The department may take others' data again. `since` is when it lost that right."""

    subject: ClassVar[str] = "requests.suspension-lifted.v1"

    suspension: UUID
    suspended: UUID
    since: datetime
    article: str
    reason: str


class RequestHandedOver(Event):
    """An open request has other parties, since departments followed one another.

    The last day of the answer stays.
    """

    subject: ClassVar[str] = "requests.request-handed-over.v1"

    succession: UUID
    request: UUID
    resource: UUID
    requester: UUID
    provider: UUID


class GrantHandedOver(Event):
    """A grant has another holder or another provider, who followed the former one."""

    subject: ClassVar[str] = "requests.grant-handed-over.v1"

    succession: UUID
    grant: UUID
    resource: UUID
    provider: UUID
    grantee: UUID


class SuccessionApplied(Event):
    """Requests has handed over what a department (`owner`) held and asked for."""

    subject: ClassVar[str] = "requests.succession-applied.v1"

    succession: UUID
    owner: UUID
    moved: int
