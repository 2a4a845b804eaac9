"""Whose an entry is: the parties of resources and grants, learnt from the events themselves.

Pure. What a department may later read of the log hangs on the columns `provider` and `grantee`,
and an entry never changes: so they are filled in before it is written, from what was heard by then.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from uuid import UUID

from services.audit.entry import Entry
from shared.events.catalog import ResourceHandedOver, ResourcePublished
from shared.events.gateway import DepartmentChanged, DepartmentRegistered, DepartmentSucceeded
from shared.events.requests import GrantHandedOver, GrantIssued


class Holding(NamedTuple):
    """A grant: on which resource, by whom, to whom."""

    resource: UUID
    provider: UUID
    grantee: UUID


class Following(NamedTuple):
    """A department that took over from another: all that nobody else did, or one thing of it."""

    predecessor: UUID
    successor: UUID
    whole: bool


@dataclass(slots=True)
class Parties:
    """What is known, and (`learnt_*`) what of it is new since it was read from the tables."""

    resources: dict[UUID, UUID] = field(default_factory=dict)
    grants: dict[UUID, Holding] = field(default_factory=dict)
    learnt_resources: dict[UUID, UUID] = field(default_factory=dict)
    learnt_grants: dict[UUID, Holding] = field(default_factory=dict)
    learnt_departments: dict[UUID, str] = field(default_factory=dict)
    learnt_heirs: list[Following] = field(default_factory=list)

    def learn(self, entry: Entry) -> None:
        """Keep what an event says about who owns, who holds, and where a department stands."""
        match entry.subject:
            case ResourcePublished.subject | ResourceHandedOver.subject if (
                entry.resource and entry.provider
            ):
                self.resources[entry.resource] = entry.provider
                self.learnt_resources[entry.resource] = entry.provider
            case GrantIssued.subject | GrantHandedOver.subject if (
                entry.grant and entry.resource and entry.provider and entry.grantee
            ):
                holding = Holding(entry.resource, entry.provider, entry.grantee)
                self.grants[entry.grant] = holding
                self.learnt_grants[entry.grant] = holding
            case DepartmentRegistered.subject | DepartmentChanged.subject:
                self._place(entry)
            case DepartmentSucceeded.subject:
                self._follow(entry)

    def complete(self, entry: Entry) -> Entry:
        """The entry with the parties that it does not name itself, as far as they are known."""
        resource, provider, grantee = entry.resource, entry.provider, entry.grantee
        if entry.grant is not None and (held := self.grants.get(entry.grant)) is not None:
            resource = resource or held.resource
            provider = provider or held.provider
            grantee = grantee or held.grantee
        if provider is None and resource is not None:
            provider = self.resources.get(resource)
        if (resource, provider, grantee) == (entry.resource, entry.provider, entry.grantee):
            return entry
        return replace(entry, resource=resource, provider=provider, grantee=grantee)

    def _place(self, entry: Entry) -> None:
        data, about = entry.content.get("data"), entry.content.get("aggregate")
        region = data.get("region") if isinstance(data, dict) else None
        if isinstance(region, str) and isinstance(about, str) and len(region) <= 300:
            self.learnt_departments[UUID(about)] = region

    def _follow(self, entry: Entry) -> None:
        data = entry.content.get("data")
        if not isinstance(data, dict) or entry.provider is None:
            return
        successor, heirs = data.get("successor"), data.get("heirs")
        for heir in heirs if isinstance(heirs, list) else []:
            # What else stands there is in the log all the same, and nobody's heir.
            with suppress(ValueError):
                following = Following(entry.provider, UUID(str(heir)), whole=heir == successor)
                self.learnt_heirs.append(following)


def asked_for(entries: Iterable[Entry]) -> tuple[set[UUID], set[UUID]]:
    """The resources and the grants whose parties these entries may need."""
    resources: set[UUID] = set()
    grants: set[UUID] = set()
    for entry in entries:
        if entry.resource is not None:
            resources.add(entry.resource)
        if entry.grant is not None:
            grants.add(entry.grant)
    return resources, grants
