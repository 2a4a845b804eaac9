"""From a message of the bus to the entries it becomes: one for an event, one for each record.

Pure. What cannot be read becomes an entry as well, of kind `unreadable`, and its bytes are kept
for an operator: nothing that arrived is ever dropped. NATS lets each part publish under its own
subjects only; a message that claims another source than its subject allows is unreadable too.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from pydantic import BaseModel, ValidationError

from services.audit.entry import (
    Entry,
    EntryRefused,
    Word,
    of_event,
    of_record,
    of_unreadable,
    read_record,
)
from shared.crypto import Suite
from shared.events import Unreadable, parse

ACCESSES = "access."
GATEWAYS = "/huitong/gateway/"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as it came. `place` names it for ever: stream, number there, time of storing."""

    subject: str
    body: bytes
    place: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """One entry to be appended; with the bytes that nobody could read, if that is what it is."""

    entry: Entry
    subject: str
    unread: bytes | None = None


class _Packed(BaseModel):
    """The records of a moment, in one message. Each record is judged by itself."""

    source: Word
    records: list[object]


def read(message: Arrived, suite: Suite, at: datetime) -> list[Parcel]:
    """The parcels of a message, in order; never empty, unless it packs no record at all."""
    if message.subject.startswith(ACCESSES):
        return _records(message, suite, at)
    try:
        envelope = parse(message.body)
        part = message.subject.partition(".")[0]
        if envelope.subject != message.subject or envelope.source != f"/huitong/{part}":
            raise EntryRefused("it speaks for another source than its subject allows")
        return [Parcel(of_event(envelope, at), message.subject)]
    except (Unreadable, EntryRefused, UnicodeError) as refusal:
        return [unreadable(message, str(refusal), suite, at)]


def unreadable(message: Arrived, reason: str, suite: Suite, at: datetime, part: int = 0) -> Parcel:
    """The parcel for a message, or one part of it, that nobody can read.

    Its id follows from the message's place, so that a redelivery is known again.
    """
    known_as = suite.digest(f"{message.place}#{part}".encode())[:16]
    return Parcel(
        of_unreadable(
            known_as=_uuid8(known_as),
            subject=message.subject,
            digest=suite.digest(message.body),
            size=len(message.body),
            reason=reason,
            recorded=at,
        ),
        message.subject,
        message.body,
    )


def _uuid8(data: bytes) -> UUID:
    """A UUIDv8 (RFC 9562 §5.8) over 16 bytes; `uuid.UUID` itself knows no version above 5 yet."""
    number = int.from_bytes(data) & ~(0xF000 << 64) & ~(0xC000 << 48)
    return UUID(int=number | 0x8000 << 64 | 0x8000 << 48)


def _records(message: Arrived, suite: Suite, at: datetime) -> list[Parcel]:
    try:
        packed = _Packed.model_validate(orjson.loads(message.body))
        if not packed.source.startswith(GATEWAYS):
            raise EntryRefused("it speaks for another source than its subject allows")
    except (ValueError, ValidationError, EntryRefused) as refusal:
        reason = str(refusal) if isinstance(refusal, EntryRefused) else "not packed records"
        return [unreadable(message, reason, suite, at)]
    parcels: list[Parcel] = []
    for number, record in enumerate(packed.records, start=1):
        try:
            entry = of_record(packed.source, read_record(record), at)
            parcels.append(Parcel(entry, message.subject))
        except EntryRefused as refusal:
            part = Arrived(message.subject, orjson.dumps(record), message.place)
            parcels.append(unreadable(part, str(refusal), suite, at, number))
    return parcels
