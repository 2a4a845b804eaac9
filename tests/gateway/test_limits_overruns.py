"""Haste on record: each caller once a minute, with the number of its refusals."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from gateway.limits.overruns import Overruns
from gateway.live import Member
from gateway.records import Recorder
from gateway.spool import Spool
from shared.ids import new_id
from shared.principal import PrincipalKind

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class Stream:
    """The stream ACCESS."""

    def __init__(self) -> None:
        self.records: list[dict[str, object]] = []

    async def publish(self, subject: str, body: bytes, message_id: str) -> None:
        self.records += orjson.loads(body)["records"]


async def test_a_thousand_refusals_of_one_caller_are_one_record(tmp_path: Path) -> None:
    stream = Stream()
    recorder = Recorder(stream, Spool(tmp_path, 1 << 20, 60))
    overruns = Overruns(recorder)
    machine = Member(PrincipalKind.CLIENT, new_id(), new_id(), frozenset())
    person = Member(PrincipalKind.OPERATOR, new_id(), new_id(), frozenset())
    async with recorder.running(), overruns.counting():
        for n in range(1000):
            at = AT + timedelta(milliseconds=n)
            overruns.refused(machine, "10.1.2.3", "rate-exceeded", 429, at)
        overruns.refused(person, "10.1.2.4", "rate-exceeded", 429, AT)
    found = {str(r["address"]): r for r in stream.records}
    assert [found[a]["count"] for a in ("10.1.2.3", "10.1.2.4")] == [1000, 1]
    first = found["10.1.2.3"]
    assert (first["decision"], first["reason"], first["status"]) == (
        "refused",
        "rate-exceeded",
        429,
    )
    assert first["principal"] == {
        "kind": "client",
        "id": str(machine.id),
        "department": str(machine.department),
    }
    assert str(first["received"]).startswith("2026-11-22T08:00:00")
