"""From a message of the bus to the entries it becomes: one for an event, one for each record.

Pure. What cannot be read becomes an entry as well, of kind `unreadable`, and its bytes are kept
for an operator: nothing that arrived is ever dropped. NATS lets each part publish under its own
subjects only; a message that claims another source than its subject allows is unreadable too.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, JsonValue, ValidationError

from services.audit.entry import (
    AccessRecord,
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
_IMPOSTOR = "it speaks for another source than its subject allows"


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


class _Pack(BaseModel):
    """The records of a moment, in one message."""

    source: Word
    records: list[AccessRecord]


class _LoosePack(BaseModel):
    """The same where at least one record is not as it should be."""

    source: Word
    records: list[JsonValue]


def read(message: Arrived, suite: Suite, at: datetime) -> list[Parcel]:
    """The parcels of a message, in order; never empty, unless it packs no record at all."""
    if message.subject.startswith(ACCESSES):
        return _records(message, suite, at)
    try:
        envelope = parse(message.body)
        part = message.subject.partition(".")[0]
        if envelope.subject != message.subject or envelope.source != f"/huitong/{part}":
            raise EntryRefused(_IMPOSTOR)
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
        pack = _Pack.model_validate_json(message.body)
    except ValidationError:
        return _judged_one_by_one(message, suite, at)
    if not pack.source.startswith(GATEWAYS):
        return [unreadable(message, _IMPOSTOR, suite, at)]
    return [Parcel(of_record(pack.source, r, at), message.subject) for r in pack.records]


def _judged_one_by_one(message: Arrived, suite: Suite, at: datetime) -> list[Parcel]:
    """A bad record does not take its neighbours with it."""
    try:
        pack = _LoosePack.model_validate_json(message.body)
    except ValidationError:
        return [unreadable(message, "not packed records", suite, at)]
    if not pack.source.startswith(GATEWAYS):
        return [unreadable(message, _IMPOSTOR, suite, at)]
    parcels: list[Parcel] = []
    for number, record in enumerate(pack.records, start=1):
        try:
            entry = of_record(pack.source, read_record(record), at)
            parcels.append(Parcel(entry, message.subject))
        except EntryRefused as refusal:
            body = json.dumps(record, ensure_ascii=False).encode()
            part = Arrived(message.subject, body, message.place)
            parcels.append(unreadable(part, str(refusal), suite, at, number))
    return parcels
