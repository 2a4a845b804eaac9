"""What guards every answer of the gateway, and what bounds every caller, over a real port."""

import asyncio
import re
from uuid import uuid4

import httpx
import orjson
import pytest

from tests.gateway.conftest import Gateway
from tests.gateway.test_door import records

ALWAYS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


async def test_every_answer_forbids_storing_guessing_and_framing(gateway: Gateway) -> None:
    headers = await gateway.bearer("tax")
    grant = await gateway.grant("tax")
    answers = [
        await gateway.http.get("/v1/me", headers=headers),
        await gateway.http.get("/v1/me"),
        await gateway.http.get(f"/v1/grants/{grant}/changes", headers=headers),
        await gateway.http.get("/v1/unlisted", headers=headers),
        await gateway.http.get("/docs/none"),
        await gateway.http.get("/docs"),
        await gateway.http.get("/problems/not-found"),
    ]
    for answer in answers:
        for name, value in ALWAYS.items():
            assert answer.headers.get(name) == value, answer.url
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_every_refusal_says_whose_fault_it_is(gateway: Gateway) -> None:
    headers = await gateway.bearer("tax")
    for path, sent in (
        ("/v1/me", {}),
        ("/v1/unlisted", headers),
        ("/v1/permissions?x", {}),
        ("/v1/departments/none", headers),
        ("/problems/none", {}),
    ):
        answer = await gateway.http.get(path, headers=sent)
        assert 400 <= answer.status_code < 500
        assert answer.headers.get_list("x-huitong-fault") == ["caller"], path
    assert "x-huitong-fault" not in (await gateway.http.get("/v1/me", headers=headers)).headers


@pytest.mark.parametrize("path", ["/docs", "/docs/oauth2-redirect"])
async def test_the_docs_page_runs_its_own_scripts_and_no_other(gateway: Gateway, path: str) -> None:
    page, again = await gateway.http.get(path), await gateway.http.get(path)
    policy = page.headers["content-security-policy"]
    found = re.search(r"script-src 'self' 'nonce-([\w-]+)'", policy)
    assert found is not None
    assert "unsafe-inline'; img" in policy
    assert "<script>" not in page.text
    assert f'<script nonce="{found[1]}">' in page.text
    assert found[1] not in again.text


async def test_the_type_of_a_problem_leads_to_a_page_about_it(gateway: Gateway) -> None:
    refused = await gateway.http.get("/v1/me")
    page = await gateway.http.get(refused.json()["type"])
    assert page.status_code == 200
    assert "Credentials missing" in page.text
    for odd in ("none", "<script>", "..%2f", "%00", "a" * 300):
        answer = await gateway.http.get(f"/problems/{odd}")
        assert answer.status_code == 404
        assert "<script>" not in answer.text


async def test_the_gateways_own_operations_take_bodies_of_bounded_size(gateway: Gateway) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    big = b"grant_type=client_credentials&x=" + b"a" * 100_000
    answer = await gateway.http.post("/oauth/token", content=big, headers=form)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    headers = await gateway.bearer("tax") | {"content-type": "application/json"}
    big = b'"' + b"a" * (1024 * 1024) + b'"'
    answer = await gateway.http.request("GET", "/v1/me", content=big, headers=headers)
    assert answer.status_code in (200, 413)


@pytest.mark.parametrize("token", ["x" * 5000, "W1tb" * 900, "eyJhIjp7ImEi" * 200])
async def test_a_token_made_to_break_the_reader_is_refused(gateway: Gateway, token: str) -> None:
    answer = await gateway.http.get("/v1/me", headers={"authorization": f"Bearer {token}.e30.eA"})
    assert (answer.status_code, answer.json()["code"]) == (401, "token-invalid")


async def test_a_caller_that_leaves_in_the_middle_is_recorded_as_gone(gateway: Gateway) -> None:
    headers = await gateway.bearer("civil-affairs")
    host, port = gateway.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = [f"POST /v1/resources/{uuid4()}/batches HTTP/1.1", "host: x", "content-length: 1000"]
    head += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join(head).encode() + b"\r\n\r\nhalf")
    await writer.drain()
    await asyncio.sleep(0.2)
    writer.close()
    kept = await records(gateway, 2)
    assert [(r["kind"], r["reason"]) for r in kept] == [
        ("decided", None),
        ("completed", "caller-gone"),
    ]
    assert kept[1]["bytes_in"] == 4
    assert kept[1]["status"] is None


async def test_a_caller_that_leaves_a_download_is_not_recorded_as_served(gateway: Gateway) -> None:
    grant = await gateway.grant("tax")
    headers = await gateway.bearer("tax")
    path = f"/v1/grants/{grant}/snapshot"
    async with (
        httpx.AsyncClient(base_url=gateway.url) as leaving,
        leaving.stream("GET", path, headers=headers) as answer,
    ):
        await anext(answer.aiter_raw(1024))
    kept = await records(gateway, 2)
    completed = next(r for r in kept if r["kind"] == "completed")
    assert completed["reason"] == "caller-gone", orjson.dumps(completed)
    assert int(str(completed["bytes_out"])) < 64 * 65536
