"""What the exchange service tells the rest of the platform.

No event carries a row, a key or a value: only which batch, which file, how many.
"""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class BatchMode(StrEnum):
    """What a batch holds: all rows (全量), or upserts and deletes by key (增量)."""

    SNAPSHOT = "snapshot"
    DELTA = "delta"


class BatchReceived(Event):
    """A provider handed a batch in, whole and with the digest that it stated; the aggregate.

    A `dry_run` is checked and never published.
    """

    subject: ClassVar[str] = "exchange.batch-received.v1"

    batch: UUID
    resource: UUID
    resource_version: int
    mode: BatchMode
    size: int
    digest: str
    dry_run: bool = False


class UploadEnding(StrEnum):
    """Why a resumable upload came to nothing."""

    TERMINATED = "terminated"
    EXPIRED = "expired"
    # Who opened it may not hand in any more, or not what it could.
    OPENER_CHANGED = "opener-changed"
    # Another batch came meanwhile under the same id of its provider.
    KEY_TAKEN = "key-taken"


class UploadOpened(Event):
    """A provider was given an address to bring a batch of that size and digest; the aggregate.

    What it becomes is told as a batch that was received.
    """

    subject: ClassVar[str] = "exchange.upload-opened.v1"

    upload: UUID
    resource: UUID
    size: int
    digest: str


class UploadEnded(Event):
    """A resumable upload came to nothing after `offset` bytes; they are destroyed."""

    subject: ClassVar[str] = "exchange.upload-ended.v1"

    upload: UUID
    resource: UUID
    reason: UploadEnding
    offset: int


class BatchPublished(Event):
    """A batch was checked and published as `sequence` of its resource.

    `rows_in` = `accepted` + `rejected`; `flagged` of the accepted rows are marked. `epoch` rises
    when a restored platform begins to number anew. `digest` covers the accepted rows' files.
    """

    subject: ClassVar[str] = "exchange.batch-published.v1"

    batch: UUID
    resource: UUID
    resource_version: int
    sequence: int
    epoch: int
    mode: BatchMode
    rows_in: int
    accepted: int
    rejected: int
    flagged: int
    digest: str


class BatchRefused(Event):
    """A batch could not be taken as a whole; `reason` is a code, never a value."""

    subject: ClassVar[str] = "exchange.batch-refused.v1"

    batch: UUID
    resource: UUID
    resource_version: int
    reason: str


class BatchChecked(Event):
    """A dry run came to its end: `rows_in` = `accepted` + `rejected`, and nothing is published."""

    subject: ClassVar[str] = "exchange.batch-checked.v1"

    batch: UUID
    resource: UUID
    resource_version: int
    rows_in: int
    accepted: int
    rejected: int


class BatchHeld(Event):
    """A snapshot waits for its provider's word, for it is empty or far smaller than what stands.

    `before` rows stand and `after` would; later batches of the resource wait behind it.
    """

    subject: ClassVar[str] = "exchange.batch-held.v1"

    batch: UUID
    resource: UUID
    resource_version: int
    reason: str
    before: int
    after: int


class BatchConfirmed(Event):
    """The provider says that the snapshot is right as it is; it is published next."""

    subject: ClassVar[str] = "exchange.batch-confirmed.v1"

    batch: UUID
    resource: UUID
    resource_version: int


class BatchCancelled(Event):
    """The provider took back a batch that was not published yet."""

    subject: ClassVar[str] = "exchange.batch-cancelled.v1"

    batch: UUID
    resource: UUID
    resource_version: int


class RecallDemanded(Event):
    """A person of the provider recalls a published batch; `recall` is the one that undoes it."""

    subject: ClassVar[str] = "exchange.recall-demanded.v1"

    batch: UUID
    resource: UUID
    recall: UUID
    reason: str


class BatchRecalled(Event):
    """Sequence number `recalled` was wrong and is served no more; `sequence` restores what stood
    before it.

    `holders` are the departments with a grant in force: who follows applies `sequence` like any
    other, who passed the data on has to follow it up.
    """

    subject: ClassVar[str] = "exchange.batch-recalled.v1"

    batch: UUID
    resource: UUID
    recall: UUID
    epoch: int
    recalled: int
    sequence: int
    reason: str
    holders: list[UUID]


class FileServed(Event):
    """Bytes of one file left under one address; a download in many ranges is said once.

    `address` is the id of the address, `file` the digest of the file; `bytes` counts what was
    sent between `first` and `last`.
    """

    subject: ClassVar[str] = "exchange.file-served.v1"

    grant: UUID
    resource: UUID
    address: UUID
    file: str
    bytes: int
    first: datetime
    last: datetime


class DeliveryConfirmed(Event):
    """The holder of a grant holds what was handed out up to `sequence`; `digest` is of it."""

    subject: ClassVar[str] = "exchange.delivery-confirmed.v1"

    grant: UUID
    resource: UUID
    epoch: int
    sequence: int
    digest: str


class DeliveryDiffered(Event):
    """The holder of a grant holds something else (`holds`) than was handed out (`digest`)."""

    subject: ClassVar[str] = "exchange.delivery-differed.v1"

    grant: UUID
    resource: UUID
    epoch: int
    sequence: int
    digest: str
    holds: str


class DataRenumbered(Event):
    """The platform was restored: the numbers of a resource's data go on elsewhere.

    `sequence` of `epoch` is what stands. What `holders` took under other numbers is no base for
    changes: they load everything anew.
    """

    subject: ClassVar[str] = "exchange.data-renumbered.v1"

    resource: UUID
    epoch: int
    sequence: int
    holders: list[UUID]


class HistoryKept(Event):
    """The provider said for how many days the history of its resource is kept; None: for ever."""

    subject: ClassVar[str] = "exchange.history-kept.v1"

    resource: UUID
    kept_days: int | None


class HistoryTrimmed(Event):
    """States and changes before `kept_from` are served no more and destroyed."""

    subject: ClassVar[str] = "exchange.history-trimmed.v1"

    resource: UUID
    epoch: int
    kept_from: int
    kept_days: int


class RulesChanged(Event):
    """The provider changed how severe the rules are for its resource."""

    subject: ClassVar[str] = "exchange.rules-changed.v1"

    resource: UUID
    rules: list[str]


class SuccessionApplied(Event):
    """Exchange knows the new parties of what a department (`owner`) had.

    `of` says of what: the resources, whose data it takes, or the grants, under which it serves.
    """

    subject: ClassVar[str] = "exchange.succession-applied.v1"

    succession: UUID
    owner: UUID
    of: str
