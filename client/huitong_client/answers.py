"""What the platform answers, as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from huitong_client import addresses, digests
from huitong_client.downloads import RemoteFile
from huitong_client.wire import Shape


class Mode(StrEnum):
    """What a batch is: all rows, or upserts and deletes by key."""

    SNAPSHOT = "snapshot"
    DELTA = "delta"


class Format(StrEnum):
    """What pulled files are."""

    PARQUET = "parquet"
    CSV = "csv"
    CSV_MARKED = "csv-bom"
    CSV_GB18030 = "csv-gb18030"
    JSON_LINES = "jsonl"

    @property
    def suffix(self) -> str:
        """What the name of a file ends with."""
        return self.value.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the platform takes the caller for."""

    kind: str
    id: UUID
    department: UUID
    department_name: str
    permissions: tuple[str, ...]

    @classmethod
    def read(cls, shape: Shape) -> "Identity":
        """From `GET /v1/me`."""
        department = shape.inner("department")
        return cls(
            kind=shape.text("kind"),
            id=shape.identifier("id"),
            department=department.identifier("id"),
            department_name=department.text("name"),
            permissions=shape.texts("permissions"),
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """What lets this department use one resource: whose it is, for what, which items, how long."""

    id: UUID
    state: str
    resource: UUID
    resource_name: str
    provider: UUID
    provider_name: str | None
    purpose: str
    items: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime | None

    @classmethod
    def read(cls, shape: Shape) -> "Grant":
        """From `GET /v1/grants`."""
        return cls(
            id=shape.identifier("id"),
            state=shape.text("state"),
            resource=shape.identifier("resource"),
            resource_name=shape.text("resource_name"),
            provider=shape.identifier("provider"),
            provider_name=shape.text_or_none("provider_name"),
            purpose=shape.text("purpose"),
            items=shape.texts("items"),
            valid_from=shape.moment("valid_from"),
            valid_until=shape.moment_or_none("valid_until"),
        )


_FINISHED = frozenset({"published", "refused", "checked", "cancelled", "recalled", "held"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a batch was refused as a whole. `code` is permanent, `detail` is for a person."""

    code: str
    detail: str

    @classmethod
    def read(cls, shape: Shape) -> "Refusal":
        """From a batch."""
        return cls(code=shape.text("code"), detail=shape.text("detail"))


@dataclass(frozen=True, slots=True)
class Batch:
    """One hand-in of a provider and how far it came. Rows in = accepted + rejected.

    `reasons` counts the rejected rows, `flags` the marks on accepted ones, both by rule.
    """

    id: UUID
    key: str
    state: str
    phase: str | None
    rows_read: int | None
    rows_in: int | None
    accepted: int | None
    flagged: int | None
    rejected: int | None
    reasons: dict[str, int]
    flags: dict[str, int]
    sequence: int | None
    refusal: Refusal | None

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it by itself: what is held waits for a word."""
        return self.state in _FINISHED

    @classmethod
    def read(cls, shape: Shape) -> "Batch":
        """From `GET /v1/batches/{batch}`."""
        return cls(
            id=shape.identifier("id"),
            key=shape.text("key"),
            state=shape.text("state"),
            phase=shape.text_or_none("phase"),
            rows_read=shape.whole_or_none("rows_read"),
            rows_in=shape.whole_or_none("rows_in"),
            accepted=shape.whole_or_none("accepted"),
            flagged=shape.whole_or_none("flagged"),
            rejected=shape.whole_or_none("rejected"),
            reasons=shape.counts("reasons"),
            flags=shape.counts("flags"),
            sequence=shape.whole_or_none("sequence"),
            refusal=Refusal.read(shape.inner("refusal")) if shape.has("refusal") else None,
        )


@dataclass(frozen=True, slots=True)
class Source:
    """Where data comes from and of when it is: both are named where it is used."""

    name: str
    department: str
    data_at: datetime | None

    @classmethod
    def read(cls, shape: Shape) -> "Source":
        """From a manifest."""
        return cls(
            name=shape.text("name"),
            department=shape.text_or_none("department_name") or shape.text("department"),
            data_at=shape.moment_or_none("data_at"),
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All rows under a grant as of one sequence number of one epoch."""

    resource: UUID
    source: Source
    sequence: int
    epoch: int
    files: tuple[RemoteFile, ...]

    @classmethod
    def read(cls, shape: Shape, gateway: str) -> "Snapshot":
        """From `GET /v1/grants/{grant}/snapshot`."""
        return cls(
            resource=shape.identifier("resource"),
            source=Source.read(shape.inner("source")),
            sequence=shape.whole("sequence"),
            epoch=shape.whole("epoch"),
            files=_files(shape, gateway),
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What one published batch changed under a grant."""

    sequence: int
    mode: str
    rows: int
    files: tuple[RemoteFile, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed under a grant up to sequence number `to`; `more` where there is more behind."""

    resource: UUID
    source: Source
    epoch: int
    to: int
    more: bool
    batches: tuple[Change, ...]

    @classmethod
    def read(cls, shape: Shape, gateway: str) -> "Changes":
        """From `GET /v1/grants/{grant}/changes`."""
        return cls(
            resource=shape.identifier("resource"),
            source=Source.read(shape.inner("source")),
            epoch=shape.whole("epoch"),
            to=shape.whole("to"),
            more=shape.truth("more"),
            batches=tuple(
                Change(
                    sequence=batch.whole("sequence"),
                    mode=batch.text("mode"),
                    rows=batch.whole("rows"),
                    files=_files(batch, gateway),
                )
                for batch in shape.each("batches")
            ),
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What a lookup found, row by row, each as its JSON object."""

    rows: tuple[bytes, ...]

    @classmethod
    def read(cls, shape: Shape) -> "Found":
        """From `POST /v1/grants/{grant}/lookup`."""
        return cls(rows=tuple(row.json() for row in shape.each("rows")))


def _files(shape: Shape, gateway: str) -> tuple[RemoteFile, ...]:
    return tuple(
        RemoteFile(
            url=addresses.beside(gateway, file.text("url")),
            size=file.whole("bytes"),
            rows=file.whole("rows"),
            digest=digests.parse(file.text("digest")),
            format=file.text("format"),
        )
        for file in shape.each("files")
    )
