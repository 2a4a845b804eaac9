"""What exchange tells of providers' interfaces: registered, called, away and back.

No event carries a parameter, an answer or a credential: only which operation, whose, how it ended.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class ApiRegistered(Event):
    """A provider registered its system's interface for a resource, or its next `definition`."""

    subject: ClassVar[str] = "exchange.api-registered.v1"

    resource: UUID
    definition: int
    way: str
    address: str | None
    operations: list[str]


class ApiCredentialSet(Event):
    """The platform calls the provider's system with another credential, or none, from now on."""

    subject: ClassVar[str] = "exchange.api-credential-set.v1"

    resource: UUID
    kind: str


class ApiSwitched(Event):
    """The provider lets its interface be called, or no longer (`enabled`)."""

    subject: ClassVar[str] = "exchange.api-switched.v1"

    resource: UUID
    enabled: bool


class ApiTested(Event):
    """The provider tried an operation of its interface; `outcome` is a code."""

    subject: ClassVar[str] = "exchange.api-tested.v1"

    resource: UUID
    operation: str
    outcome: str


class ApiCalled(Event):
    """Somebody called an operation under a grant; `outcome` is `live`, `last-good`, or the code
    of what was wrong, `status` the one that the provider's system answered, if it did."""

    subject: ClassVar[str] = "exchange.api-called.v1"

    resource: UUID
    grant: UUID
    operation: str
    outcome: str
    status: int | None = None


class ApiAway(Event):
    """The provider's system is away; `holders` are the departments with a grant in force."""

    subject: ClassVar[str] = "exchange.api-away.v1"

    resource: UUID
    outage: UUID
    since: datetime
    reason: str
    holders: list[UUID]


class ApiBack(Event):
    """The provider's system is there again."""

    subject: ClassVar[str] = "exchange.api-back.v1"

    resource: UUID
    outage: UUID
    since: datetime
    holders: list[UUID]
