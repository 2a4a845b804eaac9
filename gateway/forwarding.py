"""Forward: hand a request on to the service that answers it, and its answer back."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from starlette.types import Message, Receive, Scope, Send

from gateway.headers import forwarded
from gateway.link import UpstreamAway
from gateway.upstream import Exchange, Upstream
from shared import passport
from shared.errors import BadRequest, TooLarge, TooSlow, Unavailable

_PASSPORT = passport.HEADER.encode()
_QUERY = re.compile(rb"[\x21-\x7e]*")
# A caller that neither sends nor takes anything for so long holds a place that others need.
IDLE_SECONDS = 60.0
# Answers up to here are on their way before anybody could notice that the caller left.
_SMALL_ANSWER = 256 * 1024


class ServiceAway(Unavailable):
    """The service behind the gateway does not answer."""

    code = "service-away"
    title = "Service away"


class BodyTooLarge(TooLarge):
    """The body is larger than this operation takes."""

    code = "body-too-large"
    title = "Body too large"


class BodyTooSlow(TooSlow):
    """Nothing of the body came for too long."""

    code = "body-too-slow"
    title = "Body too slow"


class CallerGone(Exception):
    """The caller went away, or takes nothing any more: there is nobody to answer."""


@dataclass(slots=True)
class Traffic:
    """What went through, for the record."""

    status: int | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    keys_digest: str | None = None
    # How many keys a look-up asked for, as the service counted them.
    keys_count: int = 0


def head_of(
    method: str,
    path: bytes,
    query: bytes,
    headers: bytes,
    seal: bytes,
    request_id: bytes,
    length: int | None,
    *,
    body: bool,
) -> bytes:
    """The request line and headers for the service, of the caller's `headers` those that go on
    (gateway/headers.py); a body without a stated length comes in chunks. Raises BadRequest."""
    if query:
        if not _QUERY.fullmatch(query):
            raise BadRequest("The query holds characters that must be percent-encoded.")
        path = b"%b?%b" % (path, query)
    framing = b""
    if length is not None:
        framing = b"\r\ncontent-length: %d" % length
    elif body:
        framing = b"\r\ntransfer-encoding: chunked"
    return b"%b %b HTTP/1.1\r\nhost: huitong%b\r\n%b: %b\r\nx-request-id: %b%b\r\n\r\n" % (
        method.encode(),
        path,
        headers,
        _PASSPORT,
        seal,
        request_id,
        framing,
    )


def request_head(
    scope: Scope, seal: bytes, request_id: bytes, length: int | None, *, body: bool
) -> bytes:
    """`head_of` for a request as ASGI has it. Raises BadRequest."""
    return head_of(
        scope["method"],
        scope["raw_path"],
        scope["query_string"],
        forwarded(scope["headers"]),
        seal,
        request_id,
        length,
        body=body,
    )


def stated_length(scope: Scope, limit: int) -> int | None:
    """The Content-Length that was sent, None where there is none. Raises BadRequest, TooLarge."""
    sent = [value for key, value in scope["headers"] if key == b"content-length"]
    if not sent:
        return None
    if any(key == b"transfer-encoding" for key, _ in scope["headers"]):
        # The server refuses this before; two readers of it would disagree on where it ends.
        raise BadRequest("The request states its length in two ways.")
    if len(sent) > 1 or not sent[0].isdigit() or len(sent[0]) > 18:
        raise BadRequest("The request must state one Content-Length.")
    length = int(sent[0])
    if length > limit:
        raise BodyTooLarge(f"This operation takes bodies of up to {limit} bytes.")
    return length


def has_body(scope: Scope) -> bool:
    """Whether a body follows the head, by its headers."""
    return any(key in (b"content-length", b"transfer-encoding") for key, _ in scope["headers"])


def bounded(receive: Receive, traffic: Traffic, limit: int) -> Receive:
    """`receive` for a body of at most `limit` bytes that keeps coming.

    Raises BodyTooLarge, BodyTooSlow.
    """
    whole = False

    async def receiving() -> Message:
        nonlocal whole
        if whole:  # What comes now is the caller's leaving, and that may take its time.
            return await receive()
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                message = await receive()
        except TimeoutError:
            raise BodyTooSlow("Nothing of the body came for too long; send it again.") from None
        whole = not message.get("more_body", False)
        traffic.bytes_in += len(message.get("body", b""))
        if traffic.bytes_in > limit:
            raise BodyTooLarge(f"This operation takes bodies of up to {limit} bytes.")
        return message

    return receiving


async def body_pieces(receive: Receive, *, chunked: bool) -> AsyncIterator[bytes]:
    """The request's body as it arrives, framed for the service. Raises CallerGone."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CallerGone
        piece: bytes = message.get("body", b"")
        if piece:
            yield b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece
        if not message.get("more_body", False):
            if chunked:
                yield b"0\r\n\r\n"
            return


async def forward(
    upstream: Upstream,
    scope: Scope,
    receive: Receive,
    seal: bytes,
    request_id: bytes,
    limit: int,
    traffic: Traffic,
    department: UUID,
) -> Exchange:
    """Send the department's request on; return when the answer's head is here.

    Raises ServiceAway, CallerGone, BadRequest, BodyTooLarge, BodyTooSlow, DepartmentBusy,
    PlatformBusy.
    """
    length = stated_length(scope, limit)
    with_body = has_body(scope) and length != 0
    head = request_head(scope, seal, request_id, length, body=with_body)
    for attempt in (1, 2):
        body = None
        if with_body:
            body = body_pieces(bounded(receive, traffic, limit), chunked=length is None)
        try:
            return await upstream.exchange(
                head, body, headless=scope["method"] == "HEAD", department=department
            )
        except UpstreamAway as away:
            # A read that met a connection just closing is sent again, once; nothing else is.
            again = attempt == 1 and body is None and scope["method"] == "GET"
            if not again:
                raise ServiceAway(
                    "The service behind this operation is away; try again.", retry_after=2
                ) from away
        except TimeoutError as late:
            raise ServiceAway(
                "The service behind this operation does not answer in time.", retry_after=10
            ) from late
    raise AssertionError("unreachable")


async def answer(
    exchange: Exchange,
    receive: Receive,
    send: Send,
    traffic: Traffic,
    extra: list[tuple[bytes, bytes]],
    before: Callable[[], Awaitable[None]],
) -> None:
    """Hand the service's answer to the caller. `before` runs before the first byte leaves.

    Raises CallerGone, and UpstreamAway where the service's answer was cut short.
    """
    found = exchange.head.repeated
    headers = found.headers + extra
    traffic.keys_digest, traffic.keys_count = found.keys_digest, found.keys_count
    traffic.status = exchange.head.status
    await before()
    await send({"type": "http.response.start", "status": traffic.status, "headers": headers})
    leaving: asyncio.Task[None] | None = None
    try:
        async for chunk in exchange.chunks():
            if traffic.bytes_out > _SMALL_ANSWER and leaving is None and exchange.whole:
                leaving = asyncio.create_task(_until_gone(receive))
            if leaving is not None and leaving.done():
                # The server would take the rest and throw it away, and the record would say that
                # the caller has it.
                raise CallerGone
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            except TimeoutError:
                raise CallerGone from None
            traffic.bytes_out += len(chunk)
    finally:
        if leaving is not None:
            leaving.cancel()
    await send({"type": "http.response.body", "body": b""})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def watching(send: Send, traffic: Traffic, before: Callable[[], Awaitable[None]]) -> Send:
    """`send` for an answer made in this process, with the same record and the same order."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            traffic.status = message["status"]
            await before()
        else:
            traffic.bytes_out += len(message.get("body", b""))
        await send(message)

    return sending
