"""What is recorded of an event and of an access, and what never is."""

from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest

from gateway.records import Record
from services.audit import entry
from services.audit.entry import Entry, EntryRefused, Kind
from shared.events import parse
from shared.principal import PrincipalKind

AT = datetime(2026, 3, 2, 8, 0, 1, tzinfo=UTC)
ONE, TWO, THREE, FOUR, FIVE = (UUID(int=n) for n in range(1, 6))
# A resident identity number with a correct check character, of nobody: it is the standard's own.
IDENTITY = "11010519491231002X"


def event(**changes: object) -> bytes:
    document: dict[str, object] = {
        "specversion": "1.0",
        "id": str(ONE),
        "source": "/huitong/requests",
        "type": "requests.grant-issued.v1",
        "subject": str(TWO),
        "time": "2026-03-02T16:00:00+08:00",
        "datacontenttype": "application/json",
        "sequence": "7",
        "actor": f"operator:{THREE}",
        "department": str(FOUR),
        "aggregateversion": 2,
        "accessid": str(FIVE),
        "data": {"grant": str(TWO), "resource": str(THREE), "provider": str(FOUR)},
    }
    return orjson.dumps(document | changes)


def record(**changes: object) -> dict[str, object]:
    found: dict[str, object] = {
        "id": str(ONE),
        "sequence": 1,
        "kind": "decided",
        "access_id": str(FIVE),
        "time": "2026-03-02T08:00:00Z",
        "principal": {"kind": "client", "id": str(TWO), "department": str(THREE)},
        "operation": "GET /v1/grants/{grant}/changes",
        "grant": str(FOUR),
        "purpose": "核验企业登记",
        "decision": "allowed",
    }
    return found | changes


def of_event(**changes: object) -> Entry:
    return entry.of_event(parse(event(**changes)), AT)


def of_record(**changes: object) -> Entry:
    return entry.of_record("/huitong/gateway/1", entry.read_record(record(**changes)), AT)


def test_an_event_keeps_who_what_and_whose() -> None:
    found = of_event()
    assert (found.kind, found.subject) == (Kind.EVENT, "requests.grant-issued.v1")
    assert (found.source, found.sequence) == ("/huitong/requests", 7)
    assert (found.actor, found.department) == (f"operator:{THREE}", FOUR)
    assert (found.grant, found.resource, found.provider) == (TWO, THREE, FOUR)
    assert found.access_id == FIVE
    assert found.time == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_the_aggregate_of_a_catalogue_event_is_its_resource() -> None:
    assert of_event(type="catalog.resource-withdrawn.v1", data={}).resource == TWO


def test_an_event_that_audit_has_never_heard_of_is_recorded_whole() -> None:
    found = of_event(type="exchange.something-new.v9", data={"one": [1, {"two": None}]})
    assert found.content["data"] == {"one": [1, {"two": None}]}


def test_a_record_keeps_who_took_what_under_which_grant() -> None:
    found = of_record()
    assert (found.kind, found.decision) == (Kind.DECIDED, "allowed")
    assert (found.actor, found.department) == (f"client:{TWO}", THREE)
    assert (found.grant, found.access_id) == (FOUR, FIVE)
    assert found.content == {"purpose": "核验企业登记"}


def test_a_refusal_of_nobody_in_particular_is_recorded() -> None:
    found = of_record(principal=None, grant=None, decision="refused", count=12)
    assert (found.department, found.actor, found.content["count"]) == (None, None, 12)


def test_members_that_nobody_described_are_left_out_by_name() -> None:
    found = of_record(
        name_of_citizen="张三",
        principal={"kind": "client", "id": str(TWO), "department": str(THREE), "phone": "1"},
    )
    assert found.left_out == ["name_of_citizen", "principal.phone"]
    assert "张三".encode() not in found.to_bytes()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"查 {IDENTITY} 的登记", "查 [withheld] 的登记"),
        ("请致电13800138000。", "请致电[withheld]。"),
        ("统一社会信用代码 916103007197007878", "统一社会信用代码 916103007197007878"),
        ("批次 20260302000000001", "批次 20260302000000001"),
    ],
)
def test_personal_numbers_never_enter_the_log(text: str, kept: str) -> None:
    found = of_record(purpose=text)
    assert found.content["purpose"] == kept
    assert found.withheld == (["content.purpose"] if kept != text else None)
    data = {"reasons": [text], "requester": str(ONE)}
    told = of_event(data=data)
    assert told.content["data"] == {"reasons": [kept], "requester": str(ONE)}
    assert told.withheld == (["data.reasons.0"] if kept != text else None)


def test_the_bytes_are_canonical_and_give_the_entry_back() -> None:
    for found in (of_event(), of_record(received=1.5, finished="2026-03-02T08:00:00Z")):
        body = found.to_bytes()
        assert Entry.from_bytes(body) == found
        assert body == orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
        assert b"null" not in body


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"\xff", of_event().to_bytes() + b" ", of_event().to_bytes()[:-1]]
)
def test_other_bytes_are_no_entry(body: bytes) -> None:
    with pytest.raises(EntryRefused):
        Entry.from_bytes(body)


@pytest.mark.parametrize(
    "changes",
    [
        {"actor": "operator:\x00"},
        {"actor": ""},
        {"source": "/x" * 200},
        {"sequence": "0"},
        {"sequence": str(2**63)},
        {"subject": "no uuid"},
        {"data": [1]},
        {"data": None},
        {"time": "2026-03-02T08:00:00"},
        {"time": "0001-01-01T00:00:00+08:00"},
        {"aggregateversion": "many"},
    ],
)
def test_an_event_that_cannot_be_kept_is_refused_without_its_values(
    changes: dict[str, object],
) -> None:
    with pytest.raises(EntryRefused) as refusal:
        of_event(**changes)
    assert "no uuid" not in str(refusal.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "x"},
        {"sequence": 0},
        {"kind": "event"},
        {"decision": "perhaps"},
        {"operation": "GET \x00"},
        {"time": "2026-03-02T08:00:00"},
        {"principal": {"kind": "client"}},
    ],
)
def test_a_record_that_cannot_be_kept_is_refused_without_its_values(
    changes: dict[str, object],
) -> None:
    with pytest.raises(EntryRefused) as refusal:
        entry.read_record(record(**changes))
    assert "perhaps" not in str(refusal.value)


def test_every_member_that_the_gateway_writes_is_kept_or_is_the_caller() -> None:
    written = Record(
        kind="completed",
        access_id=FIVE,
        operation="GET /v1/grants/{grant}/changes",
        decision="allowed",
        principal_kind=PrincipalKind.CLIENT,
        principal_id=TWO,
        department=THREE,
        permission="data:read",
        resource=ONE,
        grant=FOUR,
        purpose="核验企业登记",
        reason="none",
        status=200,
        bytes_in=1,
        bytes_out=2,
        received=AT,
        forwarded=AT,
        answered=AT,
        finished=AT,
        address="192.0.2.1",
        keys_digest="ab" * 32,
        end_user="0197a3c0",
        matter="2026-17",
        terminal="counter 3",
        on_behalf_of=FOUR,
        count=2,
    )
    document = orjson.loads(orjson.dumps({**written.document(AT), "sequence": 7}))
    found = entry.of_record("/huitong/gateway/1", entry.read_record(document), AT)
    assert found.left_out is None
    told = orjson.loads(found.to_bytes())
    flat = {**told, **told["content"], "principal": found.actor}
    assert document.keys() <= flat.keys()
