"""Forwarding: what reaches a service is what the caller may say, and nothing of the gateway's."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Scope

from gateway import forwarding
from gateway.forwarding import BodyTooLarge, CallerGone, Traffic, body_pieces, bounded
from shared.errors import BadRequest

NAMES = st.one_of(
    st.sampled_from(
        [
            b"x-huitong-passport",
            b"x-huitong-keys-digest",
            b"x-request-id",
            b"authorization",
            b"cookie",
            b"connection",
            b"transfer-encoding",
            b"content-length",
            b"host",
            b"expect",
            b"forwarded",
            b"x-forwarded-for",
            b"accept",
            b"content-type",
            b"if-match",
        ]
    ),
    st.from_regex(rb"[a-z][a-z0-9-]{0,20}", fullmatch=True),
)
VALUES = st.from_regex(rb"[!-~]([ -~]{0,30}[!-~])?", fullmatch=True)


def scope(headers: list[tuple[bytes, bytes]], query: bytes = b"") -> Scope:
    return {
        "type": "http",
        "method": "POST",
        "raw_path": b"/v1/requests",
        "query_string": query,
        "headers": headers,
    }


@given(st.lists(st.tuples(NAMES, VALUES), max_size=12))
def test_no_caller_speaks_as_the_gateway_or_about_the_connection(
    sent: list[tuple[bytes, bytes]],
) -> None:
    head = forwarding.request_head(scope(sent), b"sealed", b"the-id", 5, body=True)
    lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    assert lines[0] == b"POST /v1/requests HTTP/1.1"
    arrived = [tuple(line.split(b": ", 1)) for line in lines[1:]]
    ours = [
        (b"host", b"huitong"),
        (b"x-huitong-passport", b"sealed"),
        (b"x-request-id", b"the-id"),
        (b"content-length", b"5"),
    ]
    for header in ours:
        assert [a for a in arrived if a[0] == header[0]] == [header]
    for name, value in arrived:
        assert (name, value) in ours or (name, value) in sent
        assert name not in (b"authorization", b"cookie", b"connection", b"transfer-encoding")


def test_what_the_connection_header_names_goes_no_further() -> None:
    sent = [(b"connection", b"close, X-Secret"), (b"x-secret", b"1"), (b"x-kept", b"2")]
    head = forwarding.request_head(scope(sent), b"s", b"i", None, body=False)
    assert b"x-secret" not in head
    assert b"x-kept: 2" in head


@pytest.mark.parametrize("query", [b"a b", b"a\r\nx: y", b"\x00", b"\xe6\xb0\x91", b"a\tb"])
def test_a_query_that_could_break_the_request_line_is_refused(query: bytes) -> None:
    with pytest.raises(BadRequest):
        forwarding.request_head(scope([], query), b"s", b"i", None, body=False)


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-length", b"1"), (b"content-length", b"1")],
        [(b"content-length", b"+1")],
        [(b"content-length", b"1_0")],
        [(b"content-length", "１".encode())],
        [(b"content-length", b"")],
        [(b"content-length", b"9" * 30)],
        [(b"content-length", b"3"), (b"transfer-encoding", b"chunked")],
    ],
)
def test_a_length_that_could_be_read_in_two_ways_is_refused(
    headers: list[tuple[bytes, bytes]],
) -> None:
    with pytest.raises(BadRequest):
        forwarding.stated_length(scope(headers), 100)


def test_a_length_past_the_operations_bound_is_refused_before_anything_is_read() -> None:
    assert forwarding.stated_length(scope([(b"content-length", b"100")]), 100) == 100
    with pytest.raises(BodyTooLarge):
        forwarding.stated_length(scope([(b"content-length", b"101")]), 100)


class Caller:
    """Sends these messages, and then nothing for ever."""

    def __init__(self, *messages: Message) -> None:
        self._messages = list(messages)

    async def __call__(self) -> Message:
        if not self._messages:
            await asyncio.Event().wait()
        return self._messages.pop(0)


def piece(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_chunked_body_is_framed_anew_and_counted() -> None:
    traffic = Traffic()
    caller = Caller(piece(b"ab"), piece(b""), piece(b"c" * 17, more=False))
    sent = [p async for p in body_pieces(bounded(caller, traffic, 19), chunked=True)]
    assert b"".join(sent) == b"2\r\nab\r\n11\r\n" + b"c" * 17 + b"\r\n0\r\n\r\n"
    assert traffic.bytes_in == 19


async def test_a_body_without_a_stated_length_is_bounded_as_it_comes() -> None:
    caller = Caller(piece(b"ab"), piece(b"c"))
    pieces = body_pieces(bounded(caller, Traffic(), 2), chunked=True)
    assert await anext(pieces) == b"2\r\nab\r\n"
    with pytest.raises(BodyTooLarge):
        await anext(pieces)


async def test_a_body_that_breaks_off_never_looks_whole() -> None:
    caller = Caller(piece(b"ab"), {"type": "http.disconnect"})
    sent: list[bytes] = []
    with pytest.raises(CallerGone):  # noqa: PT012 - what came before it matters
        async for p in body_pieces(bounded(caller, Traffic(), 99), chunked=True):
            sent.append(p)  # noqa: PERF401 - it is kept although the loop fails
    assert sent == [b"2\r\nab\r\n"]
