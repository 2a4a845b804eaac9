"""What the catalog service tells the rest of the platform."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events import Event
from shared.events.catalog_words import ChangeKind as ChangeKind
from shared.events.catalog_words import Grade as Grade
from shared.events.catalog_words import ItemType as ItemType
from shared.events.catalog_words import NamedSuccessor as NamedSuccessor
from shared.events.catalog_words import NeedRuling as NeedRuling
from shared.events.catalog_words import PublishedItem as PublishedItem
from shared.events.catalog_words import Secrecy as Secrecy
from shared.events.catalog_words import ShareMethod as ShareMethod
from shared.events.catalog_words import Standard as Standard
from shared.events.catalog_words import UpdateCycle as UpdateCycle
from shared.rulebooks.vocabulary import ShareType as ShareType


class ResourceEvent(Event):
    """Something happened to a resource, which is the aggregate.

    `resource_version` is the number of the version that it happened to; `version` (of the
    aggregate) counts every change of the resource and is the number in its ETag.
    `rulebook_version` is the one under which the decision was taken.
    """

    resource: UUID
    resource_version: int
    provider: UUID
    region: str
    rulebook: str
    rulebook_version: str


class ResourceDrafted(ResourceEvent):
    """The content of a draft was written: the first time, or again."""

    subject: ClassVar[str] = "catalog.resource-drafted.v1"

    name: str


class ResourceSubmitted(ResourceEvent):
    """The compiler handed a draft to the department's reviewer."""

    subject: ClassVar[str] = "catalog.resource-submitted.v1"


class ResourceReturned(ResourceEvent):
    """A reviewer, or the authority, sent an entry back to its compiler."""

    subject: ClassVar[str] = "catalog.resource-returned.v1"

    remarks: str


class ResourceReviewed(ResourceEvent):
    """A person other than its compilers passed an entry."""

    subject: ClassVar[str] = "catalog.resource-reviewed.v1"

    remarks: str | None = None


class ResourceCleared(ResourceEvent):
    """The secrecy review found what the entry states, and nothing else: `found`."""

    subject: ClassVar[str] = "catalog.resource-cleared.v1"

    found: list[Secrecy]
    remarks: str | None = None


class ResourcePublished(ResourceEvent):
    """The competent authority put an entry into the catalogue; the whole of it.

    A share type that the rulebook does not name (Jiangsu 2012) is the one that follows from
    the sharing condition: an empty condition means unconditional.
    """

    subject: ClassVar[str] = "catalog.resource-published.v1"

    code: str
    name: str
    share_type: ShareType
    share_condition: str | None = None
    share_methods: list[ShareMethod]
    grade: Grade
    update_cycle: UpdateCycle
    items: list[PublishedItem]


class DataElementRegistered(Event):
    """An authority put a data element (数据元) into the registry of standards, or restated it."""

    subject: ClassVar[str] = "catalog.data-element-registered.v1"

    element: str
    name: str
    source: str
    type: ItemType
    length: int | None
    scale: int | None
    standard: Standard
    codes: dict[str, str] | None


class UpdateEvent(Event):
    """Something about an update that a change of law or duty makes due: of an occasion.

    `due_on` is a local day, absent where the rulebook sets no limit.
    """

    occasion: UUID
    provider: UUID
    due_on: date | None


class UpdateRegistered(UpdateEvent):
    """A department registered a change of law or duty that its catalogue has to follow."""

    subject: ClassVar[str] = "catalog.update-registered.v1"

    cause: str
    description: str
    changed_on: date
    resources: list[UUID]
    rulebook: str
    rulebook_version: str


class UpdateReminded(UpdateEvent):
    """The last day of an update is near. Said once."""

    subject: ClassVar[str] = "catalog.update-reminded.v1"


class UpdateOverdue(UpdateEvent):
    """The last day of an update has passed. Said once."""

    subject: ClassVar[str] = "catalog.update-overdue.v1"


class UpdateSettled(UpdateEvent):
    """The entries concerned are up to date with the change."""

    subject: ClassVar[str] = "catalog.update-settled.v1"

    remarks: str


class MaintenanceEvent(Event):
    """Something about a department's full maintenance of its catalogue in one quarter."""

    provider: UUID
    quarter: str
    due_on: date


class MaintenanceReminded(MaintenanceEvent):
    """The quarter ends soon, and the department has not confirmed its catalogue. Said once."""

    subject: ClassVar[str] = "catalog.maintenance-reminded.v1"


class MaintenanceOverdue(MaintenanceEvent):
    """The quarter ended without confirmation. Said once."""

    subject: ClassVar[str] = "catalog.maintenance-overdue.v1"


class MaintenanceConfirmed(MaintenanceEvent):
    """A person of the department went through its whole catalogue of `entries` entries."""

    subject: ClassVar[str] = "catalog.maintenance-confirmed.v1"

    entries: int
    remarks: str


class NeedEvent(Event):
    """Something about what the department `needing` needs; the need is the aggregate."""

    need: UUID
    needing: UUID
    region: str
    rulebook: str
    rulebook_version: str


class NeedRegistered(NeedEvent):
    """A department stated what it needs of others' data, the first time or otherwise."""

    subject: ClassVar[str] = "catalog.need-registered.v1"

    name: str
    urgency: str


class NeedMatched(NeedEvent):
    """The department found a published resource that meets its need."""

    subject: ClassVar[str] = "catalog.need-matched.v1"

    resource: UUID


class NeedUnmet(NeedEvent):
    """Nothing in the catalogue meets the need: the authority is to rule."""

    subject: ClassVar[str] = "catalog.need-unmet.v1"

    remarks: str


class NeedRuled(NeedEvent):
    """The authority named a `resource`, assigned `lead` to collect, or recorded the gap."""

    subject: ClassVar[str] = "catalog.need-ruled.v1"

    ruling: NeedRuling
    resource: UUID | None
    lead: UUID | None
    remarks: str


class NeedWithdrawn(NeedEvent):
    """The department needs it no more."""

    subject: ClassVar[str] = "catalog.need-withdrawn.v1"

    remarks: str


class YearPlanAdopted(Event):
    """A region's plan of what is to be shared in a year holds, and never changes again."""

    subject: ClassVar[str] = "catalog.year-plan-adopted.v1"

    region: str
    year: int
    title: str
    items: int
    rulebook_version: str


class ChangeAnnounced(ResourceEvent):
    """A change of the catalogue takes effect at `effective_at`, when that local day begins.

    `resource_version` is the version that enters, or that leaves; until then nothing changes.
    """

    subject: ClassVar[str] = "catalog.change-announced.v1"

    change: UUID
    kind: ChangeKind
    name: str
    effective_on: date
    effective_at: datetime
    reason: str | None = None
    successors: list[NamedSuccessor] = Field(default=[])


class ChangeCancelled(ResourceEvent):
    """An announced change will not take effect."""

    subject: ClassVar[str] = "catalog.change-cancelled.v1"

    change: UUID
    kind: ChangeKind
    reason: str


class ResourceWithdrawn(ResourceEvent):
    """A resource left the catalogue, or a draft was given up.

    `published` is the number of the version that was in the catalogue until now, None when
    none ever was. Where it was split or merged, `successors` take its place.
    """

    subject: ClassVar[str] = "catalog.resource-withdrawn.v1"

    published: int | None
    remarks: str | None = None
    successors: list[NamedSuccessor] = Field(default=[])


class ResourceHandedOver(Event):
    """A resource has another provider, which followed the former one; its versions stay.

    `version` counts the resource's changes, as with every event of a resource.
    """

    subject: ClassVar[str] = "catalog.resource-handed-over.v1"

    succession: UUID
    resource: UUID
    provider: UUID
    formerly: UUID
    region: str


class SuccessionApplied(Event):
    """The catalogue has handed over every resource of a department (`owner`) that was followed."""

    subject: ClassVar[str] = "catalog.succession-applied.v1"

    succession: UUID
    owner: UUID
    moved: int


class ImportReceived(Event):
    """Somebody handed in many entries at once; the import is the aggregate.

    `way` is `workbook`, `system` or `harvest`; `mode` is `all-or-nothing` or `good-rows-only`.
    """

    subject: ClassVar[str] = "catalog.import-received.v1"

    way: str
    mode: str
    dry_run: bool
    size: int


class ImportFinished(Event):
    """What was handed in was read, judged and, where it was good, applied.

    `outcome` is `applied`, `checked` (a dry run), `refused` or `failed`; `reason` is the code of
    why the whole was refused. Each entry that came in has an event of its own.
    """

    subject: ClassVar[str] = "catalog.import-finished.v1"

    way: str
    outcome: str
    reason: str | None
    entries: int
    bad: int
    created: int
    changed: int
    unchanged: int


class MappingWritten(Event):
    """A version of a named mapping was written; imports from now on go by it."""

    subject: ClassVar[str] = "catalog.mapping-written.v1"

    name: str
    product: str


class SourceRegistered(Event):
    """A department has another catalogue read into its own; the source is the aggregate."""

    subject: ClassVar[str] = "catalog.source-registered.v1"

    protocol: str
    address: str


class SourceEnded(Event):
    """A source is read no more."""

    subject: ClassVar[str] = "catalog.source-ended.v1"


class HarvestFinished(Event):
    """A source was read, or could not be; the run is the aggregate.

    `sent` datasets were new or changed and were handed in as the import `import_id`; `gone` ones
    are missing that it had before.
    """

    subject: ClassVar[str] = "catalog.harvest-finished.v1"

    source_id: UUID
    outcome: str
    reason: str | None
    found: int
    sent: int
    gone: int
    import_id: UUID | None


class CodesTakenOver(Event):
    """Codes of an old platform go on meaning its resources here; the platform is the aggregate."""

    subject: ClassVar[str] = "catalog.codes-taken-over.v1"

    platform: str
    count: int
