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
    """A provider handed a batch in, whole and with the digest that it stated; the aggregate."""

    subject: ClassVar[str] = "exchange.batch-received.v1"

    batch: UUID
    resource: UUID
    resource_version: int
    mode: BatchMode
    size: int
    digest: str


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
