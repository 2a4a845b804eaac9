"""The published language: the only words that one service may say to another.

An event is a fact in the past tense that can no longer be refused. On the wire it is a
CloudEvents 1.0 document in JSON whose type is its NATS subject, with a gapless sequence per
source that the relay assigns, so that a reader can prove that nothing is missing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field

from shared.ids import new_id

_ENVELOPE = frozenset(
    {
        "id",
        "at",
        "actor",
        "department",
        "aggregate",
        "version",
        "access_id",
        "traceparent",
        "source_sequence",
    }
)


class Event(BaseModel):
    """Something that happened. A subclass adds its own data fields and its `subject`.

    `actor` is opaque ("operator:<uuid>"); `department` is the one that acted; `aggregate` and
    `version` say which thing changed and how often it had; `access_id` leads to the access
    record of the request that caused it. `source_sequence` is the number that the source's
    relay gave it, 0 before.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    subject: ClassVar[str]

    id: UUID = Field(default_factory=new_id)
    at: datetime
    actor: str
    department: UUID | None
    aggregate: UUID
    version: int = 1
    access_id: UUID | None = None
    traceparent: str | None = None
    source_sequence: int = 0


class Unreadable(Exception):
    """The message is not an event that this platform speaks."""


AnyEvent = TypeVar("AnyEvent", bound=Event)


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event as it travels: its attributes read, its data still raw.

    `subject` is the NATS subject, which CloudEvents calls its type.
    """

    id: UUID
    source: str
    subject: str
    time: datetime
    sequence: int
    document: dict[str, Any]  # the edge: JSON as it came

    def event(self, kind: type[AnyEvent]) -> AnyEvent:
        """The event inside, of the class that speaks this subject. Raises Unreadable."""
        d = self.document
        try:
            return kind.model_validate(
                {
                    **d["data"],
                    "id": d["id"],
                    "at": d["time"],
                    "actor": d["actor"],
                    "department": d.get("department"),
                    "aggregate": d["subject"],
                    "version": d["aggregateversion"],
                    "access_id": d.get("accessid"),
                    "traceparent": d.get("traceparent"),
                    "source_sequence": self.sequence,
                }
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Unreadable(f"{self.subject} {self.id}: {type(error).__name__}") from error


def document(event: Event) -> dict[str, Any]:
    """The event as a CloudEvents document, without source and sequence: the relay adds both."""
    data = event.model_dump(mode="json", exclude=set(_ENVELOPE))
    found: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(event.id),
        "type": event.subject,
        "subject": str(event.aggregate),
        "time": event.at.isoformat(),
        "datacontenttype": "application/json",
        "actor": event.actor,
        "aggregateversion": event.version,
        "data": data,
    }
    if event.department is not None:
        found["department"] = str(event.department)
    if event.access_id is not None:
        found["accessid"] = str(event.access_id)
    if event.traceparent is not None:
        found["traceparent"] = event.traceparent
    return found


def parse(body: bytes) -> Envelope:
    """The envelope of a message. Raises Unreadable for anything that is not one of ours."""
    try:
        d = orjson.loads(body)
        if d["specversion"] != "1.0":
            raise Unreadable("not CloudEvents 1.0")
        return Envelope(
            id=UUID(str(d["id"])),
            source=str(d["source"]),
            subject=str(d["type"]),
            time=datetime.fromisoformat(d["time"]),
            sequence=int(d["sequence"]),
            document=d,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"not a CloudEvents document: {type(error).__name__}") from error
