"""The way of records into their stream, over a real NATS and one that misbehaves in every way."""

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import uvloop
from nats.aio.client import Client
from nats.js.api import DiscardPolicy, StorageType, StreamConfig

from gateway.stream import AccessStream
from shared.bus import ACCESS, ACCESS_SUBJECT, BusAway
from tests.servers import Dsn
from tests.shared.test_tls import issue

ACK = b'{"stream":"ACCESS","seq":1}'
Answer = Callable[[bytes, bytes], bytes]


class Server:
    """A NATS that answers each message as `answer` says: its reply subject and body."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.tls = tls
        self.bodies: list[bytes] = []
        self.said: list[bytes] = []
        self.connections = 0
        self.writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writer = writer
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
            writer.write(b'INFO {"tls_required":%b}\r\n' % (b"true" if self.tls else b"false"))
            if self.tls is not None:
                await writer.start_tls(self.tls)
            while True:
                line = await reader.readuntil(b"\r\n")
                self.said.append(line)
                if line == b"PING\r\n":
                    writer.write(b"PONG\r\n")
                if line.startswith(b"HPUB "):
                    _, _, reply, head, size = line.split()
                    whole = await reader.readexactly(int(size) + 2)
                    self.bodies.append(whole[int(head) : -2])
                    found = self.answer(reply, whole[int(head) : -2])
                    if not found:
                        break
                    for byte in found:  # As cut up as it can be.
                        writer.write(bytes([byte]))
                        await asyncio.sleep(0)
        writer.close()


def said(reply: bytes, body: bytes) -> bytes:
    return b"MSG %b 1 %d\r\n%b\r\n" % (reply, len(body), body)


@contextlib.asynccontextmanager
async def towards(server: Server) -> AsyncIterator[AccessStream]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    trusted = None
    if server.tls is not None:
        trusted = ssl.create_default_context()
        trusted.check_hostname, trusted.verify_mode = False, ssl.CERT_NONE
    stream = AccessStream(
        f"nats://gate%40way:p%2Fw@127.0.0.1:{port}", "gateway", trusted=trusted, patience=0.4
    )
    async with stream.connecting():
        await asyncio.wait_for(stream.stands.wait(), 8)
        yield stream
    listening.close()


async def test_what_was_acknowledged_is_stored_once_also_when_it_is_sent_again(
    bus_dsn: Dsn,
) -> None:
    stream, admin = AccessStream(bus_dsn("gateway"), "gateway"), Client()
    await admin.connect(bus_dsn("admin"))
    async with stream.connecting():
        await asyncio.wait_for(stream.stands.wait(), 8)
        for name in ("one", "two", "one"):
            await stream.publish(ACCESS_SUBJECT, b"{}", name)
        await asyncio.gather(
            *(stream.publish(ACCESS_SUBJECT, b"x" * 300_000, f"n{n}") for n in range(20))
        )
        streams = admin.jetstream()
        assert (await streams.stream_info(ACCESS)).state.messages == 22
        await streams.delete_stream(ACCESS)
        full = StreamConfig(name=ACCESS, subjects=["access.>"], storage=StorageType.FILE)
        full.max_msgs, full.discard = 1, DiscardPolicy.NEW
        await streams.add_stream(full)
        await stream.publish(ACCESS_SUBJECT, b"{}", "three")
        with pytest.raises(BusAway):
            await stream.publish(ACCESS_SUBJECT, b"{}", "four")
        await streams.delete_stream(ACCESS)
        with pytest.raises(BusAway):  # Nobody listens, and the server says so at once.
            await stream.publish(ACCESS_SUBJECT, b"{}", "five")
        with pytest.raises(BusAway):  # No right to speak there: nobody ever answers.
            await stream.publish("requests.approved.v1", b"{}", "six")
    await admin.close()


@pytest.mark.parametrize(
    "answer",
    [
        lambda reply, _: said(reply, b'{"error":{"code":503}}'),
        lambda reply, _: said(reply, b'{"stream":"ACCESS"}'),
        lambda reply, _: said(reply, b"null"),
        lambda reply, _: said(reply, b"not json"),
        lambda reply, _: said(reply, b""),
        lambda reply, _: b"HMSG %b 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n" % reply,
        lambda reply, _: said(reply[:-1] + b"77", ACK),
        lambda *_: b"",
        lambda *_: b"nonsense\r\n",
        lambda *_: b"MSG\r\n",
        lambda reply, _: b"MSG %b 1 -3\r\n" % reply,
        lambda reply, _: b"HMSG %b 1 99 16\r\n" % reply,
        lambda reply, _: b"MSG %b 1 99999999\r\n" % reply,
        lambda *_: b"-ERR 'Permissions Violation'\r\n",
        lambda *_: b"+OK\r\nPING\r\n",
    ],
    ids=[
        *("error", "no number", "null", "no json", "nothing", "no responders", "another's"),
        *("closed", "nonsense", "cut", "negative", "head too long", "huge", "refused", "silence"),
    ],
)
async def test_nothing_but_its_acknowledgement_is_one_and_the_way_comes_back(
    answer: Answer,
) -> None:
    server = Server(answer)
    async with towards(server) as stream:
        with pytest.raises(BusAway) as away:
            async with asyncio.timeout(5):
                await stream.publish("access.gateway", b"{}", "one")
        assert away.value.sent
        server.answer = lambda reply, _: said(reply, ACK)
        for _ in range(100):  # Whatever became of the connection.
            with contextlib.suppress(BusAway):
                await stream.publish("access.gateway", b"{}", "two")
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError("it never came back")


async def test_acknowledgements_out_of_order_find_their_messages() -> None:
    held: list[bytes] = []

    def answer(reply: bytes, body: bytes) -> bytes:
        held.append(said(reply, ACK if body != b"bad" else b"{}"))
        return b"".join(reversed(held)) if len(held) == 4 else b"+OK\r\n"

    async with towards(Server(answer)) as stream:
        bodies = (b"good", b"bad", b"good", b"good")
        found = await asyncio.gather(
            *(stream.publish("access.gateway", body, "n") for body in bodies),
            return_exceptions=True,
        )
    assert [isinstance(one, BusAway) for one in found] == [False, True, False, False]


async def test_what_finds_no_connection_is_never_sent() -> None:
    server = Server(lambda reply, _: said(reply, ACK))
    async with towards(server) as stream:
        assert server.writer is not None
        server.writer.transport.abort()
        await asyncio.sleep(0.05)
        with pytest.raises(BusAway) as away:
            await stream.publish("access.gateway", b"lost", "one")
        assert not away.value.sent
        await asyncio.wait_for(stream.stands.wait(), 8)
        await stream.publish("access.gateway", b"kept", "two")
    assert (server.bodies, server.connections) == ([b"kept"], 2)


async def test_it_says_who_it_is_and_answers_a_server_that_asks() -> None:
    server = Server(lambda reply, _: b"PING\r\n" + said(reply, ACK))
    async with towards(server) as stream:
        await stream.publish("access.gateway", b"{}", "one")
        await asyncio.sleep(0.05)
    assert b'"user":"gate@way","pass":"p/w"' in server.said[0]
    assert re.fullmatch(rb"SUB _INBOX_gateway\.[\w-]{22}\.\* 1\r\n", server.said[1])
    assert b"PONG\r\n" in server.said


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_on_either_loop_a_server_that_wants_tls_gets_it(
    tmp_path: Path, run: Callable[[Coroutine[Any, Any, None]], None], tls: bool
) -> None:
    certificate, key = issue("nats")
    (tmp_path / "c.pem").write_bytes(certificate)
    (tmp_path / "k.pem").write_bytes(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c.pem", tmp_path / "k.pem")

    async def store() -> None:
        server = Server(lambda reply, _: said(reply, ACK), context if tls else None)
        async with towards(server) as stream:
            await stream.publish("access.gateway", b"{}", "one")

    run(store())
