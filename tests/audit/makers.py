"""What the tests of audit put into a log, and how they open one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson

from services.audit import reading
from services.audit.appender import Log
from services.audit.models import Base
from services.audit.reading import Arrived, Parcel
from shared import db
from shared.crypto import STANDARD, Signer
from shared.events import Event, document
from shared.ids import new_id

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ORIGIN = "log.example/610300"
SIGNER: Signer = STANDARD.generate_signer()


@asynccontextmanager
async def open_log(dsn: str, signer: Signer = SIGNER) -> AsyncIterator[Log]:
    """A log over the database at `dsn`."""
    engine = db.engine(dsn, size=2)
    try:
        yield Log(db.sessions(engine, Base), STANDARD, signer, ORIGIN)
    finally:
        await engine.dispose()


def message(event: Event, sequence: int) -> Arrived:
    """The event as its service's relay sends it."""
    part = event.subject.partition(".")[0]
    told = {**document(event), "source": f"/huitong/{part}", "sequence": str(sequence)}
    return Arrived(event.subject, orjson.dumps(told), f"EVENTS {part} {sequence}")


def plain(sequence: int, part: str = "exchange", **changes: object) -> Arrived:
    """An event of a class that nobody described, so that only its envelope matters."""
    subject = f"{part}.something-happened.v1"
    told: dict[str, object] = {
        "specversion": "1.0",
        "id": str(UUID(int=sequence << 64 | int.from_bytes(part.encode()[:6]))),
        "source": f"/huitong/{part}",
        "type": subject,
        "subject": str(UUID(int=7)),
        "time": (AT + timedelta(seconds=sequence)).isoformat(),
        "sequence": str(sequence),
        "actor": f"operator:{UUID(int=8)}",
        "department": str(UUID(int=9)),
        "aggregateversion": 1,
        "data": {"number": sequence},
    }
    return Arrived(subject, orjson.dumps(told | changes), f"EVENTS {part} {sequence}")


def record(sequence: int, **changes: object) -> dict[str, object]:
    """An access record as the gateway writes it."""
    told: dict[str, object] = {
        "id": str(new_id()),
        "sequence": sequence,
        "kind": "decided",
        "access_id": str(new_id()),
        "time": (AT + timedelta(seconds=sequence)).isoformat(),
        "principal": {"kind": "client", "id": str(UUID(int=2)), "department": str(UUID(int=3))},
        "operation": "GET /v1/grants/{grant}/changes",
        "permission": "data:read",
        "decision": "allowed",
    }
    return told | changes


def packed(records: list[object], gateway: str = "one", place: str = "1") -> Arrived:
    """Records in one message."""
    body = {"source": f"/huitong/gateway/{gateway}", "records": records}
    return Arrived("access.gateway", orjson.dumps(body), f"ACCESS {gateway} {place}")


def parcels(*messages: Arrived, at: datetime = AT) -> list[Parcel]:
    """What these messages become."""
    return [p for m in messages for p in reading.read(m, STANDARD, at)]
