"""What the gateway tells the rest of the platform."""

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events import Event


class DepartmentStatus(StrEnum):
    """Whether a department is there, or how it ended."""

    ACTIVE = "active"
    MERGED = "merged"
    SPLIT = "split"
    ABOLISHED = "abolished"


class DepartmentRegistered(Event):
    """A department was registered or its particulars changed; the whole of them, each time.

    `region` is a path of GB/T 2260 codes; `is_authority` says that the department is the
    competent authority (主管部门) of that region.
    """

    subject: ClassVar[str] = "gateway.department-registered.v1"

    name: str
    short_name: str
    credit_code: str
    region: str
    parent: UUID | None
    is_authority: bool

    @property
    def registered(self) -> UUID:
        """The department that was registered (the aggregate)."""
        return self.aggregate


class DepartmentChanged(DepartmentRegistered):
    """A department has new particulars since a moment; the whole of them.

    `owner` is the department itself, `formerly` its name until then, `basis` what the change
    rests on. A department that ended (`status`) keeps the particulars that it ended with.
    """

    subject: ClassVar[str] = "gateway.department-changed.v1"

    owner: UUID
    formerly: str
    status: DepartmentStatus
    since: datetime
    basis: str


class SuccessionKind(StrEnum):
    """What became of a department. A renamed one stays itself and hands nothing on."""

    RENAME = "rename"
    MERGE = "merge"
    SPLIT = "split"
    ABOLISH = "abolish"


class Heir(BaseModel):
    """Who takes over one thing: a resource, a grant, a client or an operator."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    thing: UUID
    successor: UUID


class DepartmentSucceeded(Event):
    """What a department had is its successors' since the beginning of the day `effective_on`.

    The predecessor is the aggregate, and `owner` too. What is named in `resources` and `grants`
    (held by the predecessor) goes to the heir named there, all else to `successor`; where that is
    absent nobody takes it over. `members` says whose its clients and operators are now; who is
    not in it calls no more. `ended` is false where the predecessor lives on beside its heirs.
    """

    subject: ClassVar[str] = "gateway.department-succeeded.v1"

    succession: UUID
    kind: SuccessionKind
    owner: UUID
    successor: UUID | None
    heirs: list[UUID]
    ended: bool
    effective_on: date
    basis: str
    resources: list[Heir]
    grants: list[Heir]
    members: list[Heir]


class ClientRegistered(Event):
    """A department's system received credentials."""

    subject: ClassVar[str] = "gateway.client-registered.v1"

    client: UUID
    owner: UUID
    kind: str


class ClientRevoked(Event):
    """A client's credentials were revoked; it is refused from now on."""

    subject: ClassVar[str] = "gateway.client-revoked.v1"

    client: UUID
    owner: UUID


class ClientCredentialChanged(Event):
    """A client's secret was added or removed, or its keys were set; never the secret itself.

    `credential` is the secret's id, or the client's own for its keys.
    """

    subject: ClassVar[str] = "gateway.client-credential-changed.v1"

    client: UUID
    owner: UUID
    credential: UUID
    change: str


class ClientAddressesChanged(Event):
    """A client may call from these networks only; from anywhere where they are absent."""

    subject: ClassVar[str] = "gateway.client-addresses-changed.v1"

    client: UUID
    owner: UUID
    addresses: list[str] | None


class ClientPermissionsChanged(Event):
    """A client may do these things only; all that its kind may do where they are absent."""

    subject: ClassVar[str] = "gateway.client-permissions-changed.v1"

    client: UUID
    owner: UUID
    permissions: list[str] | None


class ClientLimitsChanged(Event):
    """A client may call so often in so many seconds; as others where both are absent."""

    subject: ClassVar[str] = "gateway.client-limits-changed.v1"

    client: UUID
    owner: UUID
    requests: int | None
    seconds: int | None


class LogInEnded(Event):
    """A person's log-in ended before its time, and with it every token that it had given."""

    subject: ClassVar[str] = "gateway.log-in-ended.v1"

    operator: UUID
    owner: UUID
    reason: str


class SecondFactorChanged(Event):
    """A person's second factor was confirmed, replaced, removed or reset, or a certificate of the
    person that stands in for it was enrolled or removed.
    """

    subject: ClassVar[str] = "gateway.second-factor-changed.v1"

    operator: UUID
    owner: UUID
    change: str


class OutsideIdentityChanged(Event):
    """Somebody at an outside issuer was linked to an operator or a client, or is no more.

    `issuer` is the issuer's address; who somebody is there is not told.
    """

    subject: ClassVar[str] = "gateway.outside-identity-changed.v1"

    owner: UUID
    operator: UUID | None
    client: UUID | None
    issuer: str
    change: str


class OperatorRolesChanged(Event):
    """An account's roles are others from now on; these are all of them."""

    subject: ClassVar[str] = "gateway.operator-roles-changed.v1"

    operator: UUID
    owner: UUID
    roles: list[str]


class OperatorRegistered(Event):
    """A person received an account with roles in one department."""

    subject: ClassVar[str] = "gateway.operator-registered.v1"

    operator: UUID
    owner: UUID
    roles: list[str]


class OperatorClosed(Event):
    """A person's account was closed; it is in no circle of knowledge any more.

    `successor` is the colleague to whom the person's work was handed, absent where nobody was
    named.
    """

    subject: ClassVar[str] = "gateway.operator-closed.v1"

    operator: UUID
    owner: UUID
    successor: UUID | None = None


class OperatorReopened(Event):
    """A closed account may log in again; it gets no circle of knowledge back by that."""

    subject: ClassVar[str] = "gateway.operator-reopened.v1"

    operator: UUID
    owner: UUID


class PasswordChanged(Event):
    """A person's password was changed, or a temporary one given; never the password itself."""

    subject: ClassVar[str] = "gateway.password-changed.v1"

    operator: UUID
    owner: UUID
    change: str


class RecoveryAsked(Event):
    """Somebody asks that a person's lost password or second factor be reset."""

    subject: ClassVar[str] = "gateway.recovery-asked.v1"

    operator: UUID
    owner: UUID
    credential: str


class RecoveryDecided(Event):
    """A second person let the reset happen, or refused it."""

    subject: ClassVar[str] = "gateway.recovery-decided.v1"

    operator: UUID
    owner: UUID
    credential: str
    approved: bool


class DeputyNamed(Event):
    """A colleague acts for a person from one moment until another, with that person's roles."""

    subject: ClassVar[str] = "gateway.deputy-named.v1"

    operator: UUID
    owner: UUID
    deputy: UUID
    since: datetime
    until: datetime


class DeputyEnded(Event):
    """Nobody acts for the person any more, before the time that was named."""

    subject: ClassVar[str] = "gateway.deputy-ended.v1"

    operator: UUID
    owner: UUID
    deputy: UUID


class FilingChanged(Event):
    """A department filed whom it named for its duties; `roles` are filled now, names stay away."""

    subject: ClassVar[str] = "gateway.filing-changed.v1"

    owner: UUID
    roles: list[str]


class FilingOverdue(Event):
    """A department has not filed what its rulebook demands; a reminder, repeated while it lasts."""

    subject: ClassVar[str] = "gateway.filing-overdue.v1"

    owner: UUID
    roles: list[str]
    article: str | None
    since: datetime


class ReviewerLent(Event):
    """A person of another department reviews for `owner`, from one moment until another."""

    subject: ClassVar[str] = "gateway.reviewer-lent.v1"

    operator: UUID
    owner: UUID
    since: datetime
    until: datetime


class ReviewerLoanEnded(Event):
    """A person on loan reviews for `owner` no more, before the time that was named."""

    subject: ClassVar[str] = "gateway.reviewer-loan-ended.v1"

    operator: UUID
    owner: UUID


class AddressesTakenOver(Event):
    """Addresses of an old platform lead to where the same is answered now."""

    subject: ClassVar[str] = "gateway.addresses-taken-over.v1"

    platform: str
    count: int
    reason: str


class FormerAddressEnded(Event):
    """An address of an old platform leads nowhere any more."""

    subject: ClassVar[str] = "gateway.former-address-ended.v1"

    former_address: UUID
