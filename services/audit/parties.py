"""Whose an entry is: the parties of resources and grants, learnt from the events themselves.

Pure. What a department may later read of the log hangs on the columns `provider` and `grantee`,
and an entry never changes: so they are filled in before it is written, from what was heard by then.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from uuid import UUID

from services.audit.entry import Entry
from shared.events.catalog import ResourcePublished
from shared.events.gateway import DepartmentRegistered
from shared.events.requests import GrantIssued


class Holding(NamedTuple):
    """A grant: on which resource, by whom, to whom."""

    resource: UUID
    provider: UUID
    grantee: UUID


@dataclass(slots=True)
class Parties:
    """What is known, and (`learnt_*`) what of it is new since it was read from the tables."""

    resources: dict[UUID, UUID] = field(default_factory=dict)
    grants: dict[UUID, Holding] = field(default_factory=dict)
    learnt_resources: dict[UUID, UUID] = field(default_factory=dict)
    learnt_grants: dict[UUID, Holding] = field(default_factory=dict)
    learnt_departments: dict[UUID, str] = field(default_factory=dict)

    def learn(self, entry: Entry) -> None:
        """Keep what an event says about who owns, who holds, and where a department stands."""
        match entry.subject:
            case ResourcePublished.subject if entry.resource and entry.provider:
                self.resources[entry.resource] = entry.provider
                self.learnt_resources[entry.resource] = entry.provider
            case GrantIssued.subject if (
                entry.grant and entry.resource and entry.provider and entry.grantee
            ):
                holding = Holding(entry.resource, entry.provider, entry.grantee)
                self.grants[entry.grant] = holding
                self.learnt_grants[entry.grant] = holding
            case DepartmentRegistered.subject:
                self._place(entry)

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
