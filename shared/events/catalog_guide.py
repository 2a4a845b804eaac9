"""What the catalog service tells the rest of the platform about the service guide."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class ServiceEvent(Event):
    """Something happened to a service in the guide, which is the aggregate.

    `number` is the version of its description that is meant; `due_on` the last local day of the
    department's next word that it is still right, None while it is not in the guide.
    """

    service: UUID
    provider: UUID
    number: int
    due_on: date | None


class ServiceCompiled(ServiceEvent):
    """A department wrote what it offers the public; the authority has yet to confirm it."""

    subject: ClassVar[str] = "catalog.service-compiled.v1"

    name: str


class ServiceReturned(ServiceEvent):
    """The authority sent a description back, with remarks."""

    subject: ClassVar[str] = "catalog.service-returned.v1"

    remarks: str


class ServicePublished(ServiceEvent):
    """The authority confirmed a description: it stands in the guide, for everybody to read."""

    subject: ClassVar[str] = "catalog.service-published.v1"

    name: str
    rulebook: str
    rulebook_version: str


class ServiceKept(ServiceEvent):
    """The department said that what stands in the guide is still right."""

    subject: ClassVar[str] = "catalog.service-kept.v1"


class ServiceReminded(ServiceEvent):
    """The last day of the department's next word is near. Said once for each day."""

    subject: ClassVar[str] = "catalog.service-reminded.v1"


class ServiceOverdue(ServiceEvent):
    """Nobody has said in time that a service is still as the guide says. Said once a day due."""

    subject: ClassVar[str] = "catalog.service-overdue.v1"


class ServiceEnded(ServiceEvent):
    """A service left the guide, or a description was given up before it entered."""

    subject: ClassVar[str] = "catalog.service-ended.v1"

    reason: str
