"""An entry of the log: what is recorded of an event and of an access, and its canonical bytes.

The canonical form is JSON in UTF-8 with members sorted, nothing between them, absent members left
out, times in UTC with `Z`. It is what the leaf hash covers: whoever holds the bytes holds the
entry. People appear by opaque ids only; privacy.py is the net below that rule.
"""

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
)

from services.audit import privacy
from shared.events import Envelope

# PostgreSQL's text takes no NUL, its bigint no more than this, and its B-tree no long keys.
Word = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f]*$")]
Number = Annotated[int, Field(ge=1, le=2**63 - 1)]


def _utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError("not a time of this era") from None


Utc = Annotated[AwareDatetime, AfterValidator(_utc)]


class EntryRefused(Exception):
    """The message, record or bytes are no entry; the reason names the place, never the value."""


class Kind(StrEnum):
    """What an entry tells of."""

    EVENT = "event"
    """Something happened: one event of the published language."""
    DECIDED = "decided"
    """Somebody was let in or turned away; recorded before the first byte left."""
    COMPLETED = "completed"
    """How that access ended. Where it is missing the outcome is unknown."""
    UNREADABLE = "unreadable"
    """A message arrived that nobody can read; its digest and the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. Every member but `version` and `content` can be asked for.

    `time` is when it happened, by the source's clock; `recorded` when the log took it. `subject`
    is the event's subject on the bus, `operation` the gateway's rule. `provider` is the department
    whose resource, grant or account it is about, `grantee` the one that holds or asks for the
    right. `withheld` and `left_out` name what privacy and an unknown member cost.
    """

    version: Literal[1] = 1
    kind: Kind
    id: UUID
    source: Word | None = None
    sequence: Number | None = None
    time: datetime
    recorded: datetime
    department: UUID | None = None
    actor: Word | None = None
    resource: UUID | None = None
    grant: UUID | None = None
    access_id: UUID | None = None
    operation: Word | None = None
    decision: Word | None = None
    subject: Word | None = None
    provider: UUID | None = None
    grantee: UUID | None = None
    content: dict[str, JsonValue] = field(default_factory=dict)
    withheld: list[str] | None = None
    left_out: list[str] | None = None

    def to_bytes(self) -> bytes:
        """The canonical bytes."""
        return _dumps(
            {name: value for name in _MEMBERS if (value := getattr(self, name)) is not None}
        )

    @staticmethod
    def from_bytes(body: bytes) -> "Entry":
        """The entry in its canonical bytes. Raises EntryRefused."""
        try:
            entry = _ENTRY.validate_json(body)
        except ValidationError as error:
            raise EntryRefused(_places(error)) from None
        if entry.to_bytes() != body:
            raise EntryRefused("The bytes are not in canonical form.")
        return entry


class Caller(BaseModel):
    """Who called: opaque, for one department."""

    model_config = ConfigDict(extra="allow")

    kind: Word
    id: UUID
    department: UUID


class AccessRecord(BaseModel):
    """A record as the gateway sends it. Members that are not named here are left out by name."""

    model_config = ConfigDict(extra="allow")

    id: UUID
    sequence: Number
    kind: Literal[Kind.DECIDED, Kind.COMPLETED]
    access_id: UUID
    time: Utc
    principal: Caller | None = None
    operation: Word | None = None
    permission: Word | None = None
    resource: UUID | None = None
    grant: UUID | None = None
    purpose: str | None = None
    decision: Literal["allowed", "refused"] | None = None
    reason: str | None = None
    status: int | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None
    received: Utc | None = None
    forwarded: Utc | None = None
    answered: Utc | None = None
    finished: Utc | None = None
    address: str | None = None
    keys_digest: str | None = None
    end_user: str | None = None
    matter: str | None = None
    terminal: str | None = None
    on_behalf_of: UUID | None = None
    count: int = 1


class _EventParts(BaseModel):
    """The members of an event document that its entry is made of."""

    source: Word
    type: Word
    sequence: Number
    time: Utc
    subject: UUID
    aggregateversion: int
    actor: Word
    department: UUID | None = None
    accessid: UUID | None = None
    data: dict[str, JsonValue]


def of_event(envelope: Envelope, recorded: datetime) -> Entry:
    """The entry of an event, whether or not audit knows its class. Raises EntryRefused."""
    try:
        told = _EventParts.model_validate(envelope.document)
    except ValidationError as error:
        raise EntryRefused(_places(error)) from None
    data, withheld = _clean(told.data, "data")
    resource = _uuid(data.get("resource"))
    if resource is None and told.type.startswith("catalog.resource-"):
        resource = told.subject
    return Entry(
        kind=Kind.EVENT,
        id=envelope.id,
        source=told.source,
        sequence=told.sequence,
        time=told.time,
        recorded=recorded,
        department=told.department,
        actor=told.actor,
        resource=resource,
        grant=_uuid(data.get("grant")),
        access_id=told.accessid,
        subject=told.type,
        provider=_uuid(data.get("provider")) or _uuid(data.get("owner")),
        grantee=_uuid(data.get("grantee")) or _uuid(data.get("requester")),
        content={
            "aggregate": str(told.subject),
            "aggregate_version": told.aggregateversion,
            "data": data,
        },
        withheld=withheld or None,
    )


def of_record(source: str, record: AccessRecord, recorded: datetime) -> Entry:
    """The entry of one access record. Raises EntryRefused."""
    caller = record.principal
    told = {name: value for name in _RECORD_CONTENT if (value := getattr(record, name)) is not None}
    for name in _RECORD_TIMES & told.keys():
        told[name] = told[name].isoformat().replace("+00:00", "Z")
    if record.on_behalf_of is not None:
        told["on_behalf_of"] = str(record.on_behalf_of)
    if record.count != 1:
        told["count"] = record.count
    content, withheld = _clean(told, "content")
    left_out = sorted(record.model_extra or ())
    if caller is not None:
        left_out += [f"principal.{name}" for name in sorted(caller.model_extra or ())]
    return Entry(
        kind=record.kind,
        id=record.id,
        source=source,
        sequence=record.sequence,
        time=record.time,
        recorded=recorded,
        department=caller.department if caller else None,
        actor=f"{caller.kind}:{caller.id}" if caller else None,
        resource=record.resource,
        grant=record.grant,
        access_id=record.access_id,
        operation=record.operation,
        decision=record.decision,
        content=content,
        withheld=withheld or None,
        left_out=left_out or None,
    )


def of_unreadable(
    *, known_as: UUID, subject: str, digest: bytes, size: int, reason: str, recorded: datetime
) -> Entry:
    """The entry for `size` bytes that nobody can read: their digest, and why.

    `known_as` is the same each time the same message comes.
    """
    return Entry(
        kind=Kind.UNREADABLE,
        id=known_as,
        time=recorded,
        recorded=recorded,
        subject=_word(subject),
        content={"digest": digest.hex(), "size": size, "reason": reason[:500]},
    )


def read_record(value: object) -> AccessRecord:
    """The access record in a JSON value. Raises EntryRefused."""
    try:
        return AccessRecord.model_validate(value)
    except ValidationError as error:
        raise EntryRefused(_places(error)) from None


_MEMBERS = tuple(f.name for f in fields(Entry))
_ENTRY = TypeAdapter(Entry)
_RECORD_CONTENT = {
    "permission",
    "purpose",
    "reason",
    "status",
    "bytes_in",
    "bytes_out",
    "received",
    "forwarded",
    "answered",
    "finished",
    "address",
    "keys_digest",
    "end_user",
    "matter",
    "terminal",
}
_RECORD_TIMES = {"received", "forwarded", "answered", "finished"}


def _dumps(value: dict[str, JsonValue] | dict[str, object]) -> bytes:
    return orjson.dumps(value, _plain, orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)


def _plain(value: object) -> str:
    # The driver's UUIDs are a subclass, which orjson does not write by itself.
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)


def _clean(content: dict[str, JsonValue], place: str) -> tuple[dict[str, JsonValue], list[str]]:
    """`content` without personal numbers, and where some were."""
    if not privacy.suspect(_dumps(content)):
        return content, []
    cleaned: dict[str, JsonValue] = {}
    withheld: list[str] = []
    for name, value in content.items():
        cleaned[name], lost = privacy.withhold(value, f"{place}.{name}")
        withheld += lost
    return cleaned, withheld


def _uuid(value: JsonValue) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _word(text: str) -> str | None:
    return "".join(c for c in text if c >= " ")[:300] or None


def _places(error: ValidationError) -> str:
    """Where a message is wrong and how, without any value from it."""
    return "; ".join(
        f"{'.'.join(map(str, e['loc']))}: {e['type']}"
        for e in error.errors(include_input=False, include_url=False)[:5]
    )
