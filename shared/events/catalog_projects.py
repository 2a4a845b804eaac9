"""What the catalog service tells the rest of the platform about IT projects.

No sum of money is ever said: funding is registered or not.
"""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class ProjectEvent(Event):
    """Something happened to an IT project, which is the aggregate."""

    project: UUID
    provider: UUID
    rulebook: str
    rulebook_version: str


class ProjectFiled(ProjectEvent):
    """A department filed a project, with `entries` planned resources."""

    subject: ClassVar[str] = "catalog.project-filed.v1"

    name: str
    entries: int


class ProjectRestated(ProjectEvent):
    """The department wrote a project that is not approved anew."""

    subject: ClassVar[str] = "catalog.project-restated.v1"

    name: str
    entries: int


class ProjectReviewed(ProjectEvent):
    """The authority gave its opinion before approval, `favourable` or `adverse`."""

    subject: ClassVar[str] = "catalog.project-reviewed.v1"

    opinion: str
    remarks: str


class ProjectApproved(ProjectEvent):
    """The project was approved, by whom it is for, on a local day; `reference` names the paper."""

    subject: ClassVar[str] = "catalog.project-approved.v1"

    on: date
    reference: str


class ProjectLinked(ProjectEvent):
    """A planned resource, by its place in the list, became a resource of the catalogue."""

    subject: ClassVar[str] = "catalog.project-linked.v1"

    position: int
    resource: UUID


class ProjectAccepted(ProjectEvent):
    """The project was accepted on a local day."""

    subject: ClassVar[str] = "catalog.project-accepted.v1"

    on: date
    reference: str


class ProjectFundingRegistered(ProjectEvent):
    """The department registered that it applies for funding: of `construction` or `operation`."""

    subject: ClassVar[str] = "catalog.project-funding-registered.v1"

    purpose: str


class ProjectStatementIssued(ProjectEvent):
    """The authority stated whether the duties of sharing are met, for a decision on funding.

    `digest` is that of the document, in hexadecimal.
    """

    subject: ClassVar[str] = "catalog.project-statement-issued.v1"

    statement: UUID
    purpose: str
    verdict: str
    digest: str


class ProjectEvaluated(ProjectEvent):
    """The authority evaluated an accepted project."""

    subject: ClassVar[str] = "catalog.project-evaluated.v1"

    result: str
    remarks: str


class ProjectEnded(ProjectEvent):
    """The department gave a project up before its acceptance."""

    subject: ClassVar[str] = "catalog.project-ended.v1"

    reason: str
