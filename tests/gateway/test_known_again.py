"""What is known again is answered as what is read: requests on a connection, heads of answers."""

import asyncio
import re
from uuid import uuid4

import pytest

from gateway.answers import Head, Heads
from tests.gateway.conftest import Gateway
from tests.gateway.test_door import records
from tests.gateway.test_relay import asking, call, callers

__all__ = ["callers"]

PATH = "/v1/batches/0197a3c0-5b1e-7cc0-8a00-000000000101"
OTHER = b"/v1/batches/0197a3c0-5b1e-7cc0-8a00-000000000102"
# What stands before the header lines that are known.
ODD = {
    "the same": b"GET %b HTTP/1.1\r\n",
    "a query": b"GET %b?after=1&x=%%20 HTTP/1.1\r\n",
    "no line": b"",
    "an empty line before": b"\r\nGET %b HTTP/1.1\r\n",
    "two spaces": b"GET  %b HTTP/1.1\r\n",
    "an older version": b"GET %b HTTP/1.0\r\n",
    "no such version": b"GET %b HTTP/7.1\r\n",
    "another method": b"DELETE %b HTTP/1.1\r\n",
    "a method that is none": b"get %b HTTP/1.1\r\n",
    "an empty segment": b"GET /%b HTTP/1.1\r\n",
    "an escape": b"GET %b%%2e HTTP/1.1\r\n",
    "a fragment": b"GET %b#x HTTP/1.1\r\n",
    "a whole address": b"GET http://x%b HTTP/1.1\r\n",
    "unlisted": b"GET /v1/unlisted HTTP/1.1\r\n",
    "answered here": b"GET /v1/me HTTP/1.1\r\n",
    "one more header": b"GET %b HTTP/1.1\r\nx-huitong-end-user: u\r\n",
    "a folded header": b"GET %b HTTP/1.1\r\nx-a: 1\r\n ",
    "a length": b"GET %b HTTP/1.1\r\ncontent-length: 0\r\n",
    "chunks": b"GET %b HTTP/1.1\r\ntransfer-encoding: chunked\r\n",
    "bare line feeds": b"GET %b HTTP/1.1\nx: y\n\nGET %b HTTP/1.1\r\n",
    "another token before": b"GET %b HTTP/1.1\r\nauthorization: Bearer x\r\n",
}


async def heard(gateway: Gateway, first: bytes, odd: bytes) -> list[bytes]:
    """What is answered to `odd` behind `first`, and to a last request: statuses and paths."""
    caller = await call(gateway, first)
    if first:
        await caller.answer()
    caller.writer.write(odd)
    await asyncio.sleep(0.05)
    caller.writer.write(await asking(gateway, path=PATH, more="connection: close\r\n"))
    return re.findall(rb'HTTP/1\.1 \d+|"path": ?"[^"]*"', await caller.rest())


@pytest.mark.parametrize("line", ODD.values(), ids=ODD.keys())
async def test_a_request_on_a_connection_that_knows_its_headers_is_answered_as_on_a_new_one(
    gateway: Gateway, line: bytes
) -> None:
    known = await asking(gateway, path=PATH)
    lines = known.partition(b"\r\n")[2]
    odd = line.replace(b"%b", OTHER).replace(b"%%", b"%") + lines
    on_a_new_one = await heard(gateway, b"", odd)
    assert await heard(gateway, known, odd) == on_a_new_one
    # And where two come at once.
    assert await heard(gateway, known, odd + odd) == await heard(gateway, b"", odd + odd)


async def test_a_body_that_looks_like_what_is_known_is_a_body(gateway: Gateway) -> None:
    grant, known = await gateway.grant("tax"), await asking(gateway, path=PATH)
    length = f"content-length: {len(known)}\r\n"
    caller = await call(gateway, known)
    await caller.answer()
    for _ in range(2):
        gateway.behind.received = 0
        caller.writer.write(await asking(gateway, "POST", f"/v1/grants/{grant}/lookup", length))
        await asyncio.sleep(0.05)
        caller.writer.write(known)
        assert (await caller.answer())[0] == 200
        assert gateway.behind.received == len(known)
        caller.writer.write(known)
        assert PATH.encode() in (await caller.answer())[2]


async def test_each_request_of_a_connection_is_recorded_with_what_it_said(gateway: Gateway) -> None:
    caller = await call(gateway, b"")
    users = ["a", "a", "b", None, "a"]
    for user in users:
        more = f"x-huitong-end-user: {user}\r\n" if user else ""
        caller.writer.write(await asking(gateway, path=f"/v1/batches/{uuid4()}", more=more))
        assert (await caller.answer())[0] == 200
    told = [r for r in await records(gateway, 10) if r["kind"] == "completed"]
    assert [r["end_user"] for r in told] == users


OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n"
HEAD = Head(200, [(b"content-type", b"text/plain"), (b"content-length", b"2")])


def test_a_head_is_known_again_only_before_a_body_of_its_length() -> None:
    heads = Heads()
    assert heads.find(OK + b"ok") is None
    heads.learn(OK + b"ok", HEAD)
    assert heads.find(OK + b"no") is HEAD
    assert (HEAD.size, HEAD.length) == (len(OK), 2)
    for other in (OK, OK + b"o", OK + b"okH", OK[:-1], OK.replace(b"2", b"3") + b"ok", b""):
        assert heads.find(other) is None


@pytest.mark.parametrize(
    ("data", "head"),
    [
        (OK, Head(200, [(b"content-length", b"2")])),
        (OK + b"0\r\n\r\n", Head(200, [(b"transfer-encoding", b"chunked")])),
        (OK + b"ok", Head(200, [(b"content-length", b"2"), (b"content-length", b"2")])),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"ok", HEAD),
        (OK + b"ok", Head(200, [(b"content-length", b"2"), (b"x-huitong-keys-count", b"1")])),
        (OK + b"ok", Head(204, [])),
    ],
    ids=["no body", "chunks", "two lengths", "interim", "of one look-up", "no length"],
)
def test_no_other_answer_is_known_again(data: bytes, head: Head) -> None:
    heads = Heads()
    heads.learn(data, head)
    assert heads.find(data) is None
