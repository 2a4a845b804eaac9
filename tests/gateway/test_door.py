"""The door over a real port, a real database, a real NATS and a service behind a socket."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import httpx
import orjson
import pytest

from gateway.models import GrantCopy
from gateway.oauth.recorded import OPERATION
from shared import clock
from shared.bus import ACCESS, Bus
from shared.ids import new_id
from shared.principal import PrincipalKind
from tests.gateway.conftest import Gateway
from tests.gateway.logging_in import log_in_to_platform


async def records(gateway: Gateway, least: int, *, tokens: bool = False) -> list[dict[str, object]]:
    """The access records that audit would read, once at least so many are there: those of tokens
    that were given, or all others."""
    audit = await Bus.connect(gateway.bus_dsn("audit"), "audit")
    found: list[dict[str, object]] = []
    try:
        reader = await audit.reader(ACCESS, ["access.>"])
        for _ in range(50):
            for message in await reader.fetch(100, wait=0.2):
                found += [
                    record
                    for record in orjson.loads(message.data)["records"]
                    if (record["operation"] == OPERATION) is tokens
                ]
                await message.ack()
            if len(found) >= least:
                break
    finally:
        await audit.close()
    return found


async def test_a_stranger_is_refused_alike_whether_a_thing_exists_or_not(gateway: Gateway) -> None:
    for path in ("/v1/resources", f"/v1/grants/{uuid4()}/snapshot", "/v1/no-such", "/v1//x"):
        answer = await gateway.http.get(path)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "credentials-missing"
    assert gateway.behind.seen == []


@pytest.mark.duty("D23", "baoji-2017 §4(4)", "jiangsu-2017 §4(4)", "yixing-2016 §25")
async def test_a_service_learns_who_calls_from_a_sealed_passport(gateway: Gateway) -> None:
    forged = {"x-huitong-passport": "forged", "cookie": "a=b", "x-kept": "1"}
    answer = await gateway.http.get(
        "/v1/resources?q=a%20b", headers=await gateway.bearer("tax") | forged
    )
    # The service behind has exchange's name; one key opens all of them in this test only.
    assert answer.status_code in (200, 500)
    answer = await gateway.http.get(
        f"/v1/resources/{uuid4()}/batches?x=1", headers=await gateway.bearer("tax") | forged
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["query"] == "x=1"
    who = gateway.behind.seen[-1]
    assert who.kind is PrincipalKind.CLIENT
    assert who.department == gateway.department("tax")
    assert who.region == "320000/320200"
    assert who.authority is None
    assert who.grant is None
    assert str(who.access_id) == answer.headers["x-request-id"]
    arrived = gateway.behind.headers[-1]
    assert "authorization" not in arrived
    assert "cookie" not in arrived
    assert arrived["x-kept"] == "1"
    assert "x-huitong-keys-digest" not in answer.headers


async def test_what_no_rule_lists_does_not_exist(gateway: Gateway) -> None:
    headers = await gateway.bearer("tax")
    grant = uuid4()
    for path in (
        "/v1/unlisted",
        "/v1/resources/",
        "/v1//resources",
        "/v1/%72esources",
        "/v1/resources/%2e%2e/departments",
        f"/v1/grants/{grant}%2fsnapshot",
        "/v2/resources",
        "/readyz/x",
    ):
        request = httpx.Request("GET", gateway.url, headers=headers)
        request.url = request.url.copy_with(raw_path=path.encode())
        answer = await gateway.http.send(request)
        assert answer.status_code == 404, path
        assert answer.json()["code"] == "not-found"
    answer = await gateway.http.request("DELETE", "/v1/resources", headers=headers)
    assert answer.status_code == 404


@pytest.mark.duty("D23", "baoji-2017 §20")
async def test_a_permission_that_the_role_lacks_is_refused_by_name(gateway: Gateway) -> None:
    answer = await gateway.http.post(
        "/v1/departments", json={}, headers=await gateway.bearer("tax")
    )
    assert answer.status_code == 403
    assert "department:manage" in answer.json()["detail"]


@pytest.mark.duty("D16", "baoji-2017 §18", "jiangsu-2017 §17")
async def test_only_the_granted_department_reaches_data_and_only_while_the_grant_holds(
    gateway: Gateway,
) -> None:
    grant = await gateway.grant("tax")
    path = f"/v1/grants/{grant}/changes?after=0"
    mine = await gateway.http.get(path, headers=await gateway.bearer("tax"))
    assert mine.status_code == 200, mine.text
    assert gateway.behind.seen[-1].grant == grant
    other = await gateway.http.get(path, headers=await gateway.bearer("education"))
    unknown = await gateway.http.get(
        f"/v1/grants/{uuid4()}/changes", headers=await gateway.bearer("education")
    )
    assert other.status_code == unknown.status_code == 404
    assert other.json()["detail"] == unknown.json()["detail"]
    async with gateway.sessions.begin() as session:
        row = await session.get(GrantCopy, grant)
        assert row is not None
        row.revoked_at = row.valid_from
        row.sequence = 2
    await asyncio.sleep(0.3)
    assert (await gateway.http.get(path, headers=await gateway.bearer("tax"))).status_code == 404


async def test_a_grant_that_claims_to_be_of_a_year_that_no_date_has_is_unknown(
    gateway: Gateway,
) -> None:
    headers = await gateway.bearer("tax")
    for identity in (
        "ffffffff-ffff-7fff-bfff-ffffffffffff",
        "00000000-0000-7000-8000-000000000000",
    ):
        answer = await gateway.http.get(f"/v1/grants/{identity}/changes", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "grant-unknown")


async def test_a_grant_issued_this_moment_is_waited_for(gateway: Gateway) -> None:
    grant = new_id()
    headers = await gateway.bearer("tax")
    call = asyncio.create_task(gateway.http.get(f"/v1/grants/{grant}/changes", headers=headers))
    await asyncio.sleep(0.2)
    await gateway.grant("tax", id=grant)
    assert (await call).status_code == 200


async def test_data_stops_when_grants_cannot_be_confirmed_sensitive_first(
    gateway: Gateway,
) -> None:
    ordinary = await gateway.grant("tax")
    sensitive = await gateway.grant("tax", grade="sensitive")
    headers = await gateway.bearer("tax")
    with clock.turn(clock.now() + timedelta(seconds=60)):
        late = await gateway.http.get(f"/v1/grants/{sensitive}/changes", headers=headers)
        assert late.status_code == 503
        assert late.json()["code"] == "grants-stale"
        assert late.headers["retry-after"] == "5"
        good = await gateway.http.get(f"/v1/grants/{ordinary}/changes", headers=headers)
        assert good.status_code == 200
        # Work that moves no data goes on.
        other = await gateway.http.get(f"/v1/batches/{uuid4()}", headers=headers)
        assert other.status_code == 200


@pytest.mark.duty("D24", "baoji-2017 §21", "yixing-2016 §25")
async def test_each_access_leaves_two_records_under_one_id(gateway: Gateway) -> None:
    grant = await gateway.grant("tax")
    headers = await gateway.bearer("tax") | {"x-huitong-matter": "SW-2026-001"}
    answer = await gateway.http.post(
        f"/v1/grants/{grant}/lookup", json={"keys": ["91320200000000001A"]}, headers=headers
    )
    assert answer.status_code == 200
    refused = await gateway.http.get(f"/v1/grants/{uuid4()}/changes", headers=headers)
    assert refused.status_code == 404
    kept = await records(gateway, 3)
    mine = [r for r in kept if r["access_id"] == answer.headers["x-request-id"]]
    assert [r["kind"] for r in mine] == ["decided", "completed"]
    decided, completed = mine
    assert decided["decision"] == "allowed"
    assert decided["grant"] == str(grant)
    assert decided["purpose"] == "核验法人登记"
    assert decided["operation"] == "POST /v1/grants/{grant}/lookup"
    assert decided["matter"] == "SW-2026-001"
    assert completed["status"] == 200
    assert completed["keys_digest"] == "d1g3st"
    assert completed["bytes_out"] == len(answer.content)
    assert all(completed[t] for t in ("received", "forwarded", "answered", "finished"))
    no = next(r for r in kept if r["access_id"] == refused.headers["x-request-id"])
    assert (no["kind"], no["decision"], no["reason"]) == ("decided", "refused", "grant-unknown")
    # Neither a key that was looked up nor a token is anywhere in them.
    assert b"91320200000000001A" not in orjson.dumps(kept)
    numbers = [int(str(r["sequence"])) for r in kept]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_a_body_streams_in_and_an_answer_streams_out(gateway: Gateway) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"y" * 50_000

    headers = await gateway.bearer("civil-affairs")
    answer = await gateway.http.post(
        f"/v1/resources/{uuid4()}/batches", content=pieces(), headers=headers
    )
    assert answer.status_code == 200, answer.text
    assert gateway.behind.received == 10_000_000
    grant = await gateway.grant("tax")
    out = await gateway.http.get(
        f"/v1/grants/{grant}/snapshot", headers=await gateway.bearer("tax")
    )
    assert len(out.content) == 64 * 65536


async def test_a_body_larger_than_its_operation_takes_is_refused(gateway: Gateway) -> None:
    headers = await gateway.bearer("tax")
    big = b"{" + b" " * (1024 * 1024)
    answer = await gateway.http.post("/v1/requests", content=big, headers=headers)
    assert answer.status_code == 413
    assert answer.json()["code"] == "body-too-large"


async def test_nothing_a_caller_sends_is_answered_with_a_fault_of_ours(gateway: Gateway) -> None:
    headers = await log_in_to_platform(gateway, "platform.system") | {
        "content-type": "application/json"
    }
    for sent in (
        b"",
        b"NaN",
        b'{"name": 1e400}',
        b'"\\ud800"',
        b'{"\\udc80": 1}',
        b"\xff",
        b"[" * 9999,
    ):
        answer = await gateway.http.post(
            "/v1/departments", content=sent, headers=headers | {"idempotency-key": "odd-input"}
        )
        assert answer.status_code in (400, 422), (sent, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    for authorization in ("Bearer", "Bearer x", "Basic x", "Bearer " + "a." * 5000, "Bearer é"):
        sent_headers = httpx.Headers([(b"authorization", authorization.encode("latin-1"))])
        answer = await gateway.http.get("/v1/me", headers=sent_headers)
        assert answer.status_code == 401


async def test_the_docs_page_needs_nothing_from_elsewhere(gateway: Gateway) -> None:
    page = await gateway.http.get("/docs")
    assert page.status_code == 200
    outside = [
        part for part in page.text.split('"') if part.startswith(("http://", "https://", "//"))
    ]
    assert outside == []
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert (await gateway.http.get(f"/docs/files/{name}")).status_code == 200
    document = (await gateway.http.get("/openapi.json")).json()
    assert "/v1/me" in document["paths"]
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "汇通 Huitong"
    assert set(document["components"]["securitySchemes"]) == {"huitong"}
