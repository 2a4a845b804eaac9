"""A relay and its record: nothing leaves before it is durable, and nothing waits for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import orjson
import pytest

from gateway.admission import Admission, Admitted, Request
from gateway.forms import Access, Form
from gateway.headers import Headers
from gateway.live import Member
from gateway.patience import Patience
from gateway.records import Record, Recorder
from gateway.relay import Relay
from gateway.rules import RULES, Rule
from gateway.upstream import Upstream
from shared import clock
from shared.ids import new_id, new_text
from shared.principal import PrincipalKind
from tests.gateway.test_records import Stream, spool_in
from tests.gateway.test_upstream import service

DATA = next(rule for rule in RULES if rule.data and rule.method == "GET")
OTHER = next(rule for rule in RULES if not rule.data and rule.service == "exchange")
MEMBER = Member(PrincipalKind.CLIENT, new_id(), new_id(), frozenset())
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Line:
    """The transport of a caller: what was written, and whether it ended."""

    def __init__(self) -> None:
        self.written = b""
        self.ended = False
        self.unsent = 0

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.ended = True

    abort = close

    def get_write_buffer_size(self) -> int:
        return self.unsent


class Caller:
    """A caller's connection, as a relay sees it."""

    dated = b""

    def __init__(self) -> None:
        self.line = Line()
        self.transport = cast(asyncio.Transport, self.line)
        self.loop = asyncio.get_running_loop()
        self.takes = True
        self.over = asyncio.Event()

    def on_response_complete(self) -> None:
        self.over.set()


class Book:
    """The end of an admission: the second record."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.last: Access | None = None

    def complete(self, admitted: Admitted) -> None:
        admitted.record.finished = clock.now()
        self.last = admitted.record
        self.recorder.note(admitted.record, admitted.record.finished)


def relay_under(
    rule: Rule, recorder: Recorder, upstream: Upstream, length: int | None = None
) -> tuple[Relay, Caller, Book]:
    """A relay that has just been admitted, its caller and its book."""
    caller, book = Caller(), Book(recorder)
    request = Request(rule.method, b"/v1/x", Headers([]), "10.0.0.1")
    relay = Relay(
        caller,
        cast(Admission, book),
        Patience(),
        request,
        query=b"",
        length=length,
        keep_alive=True,
    )
    form = Form(rule, MEMBER, None, "client", None, b"k" * 32, clock.now())
    access = Access(new_text(), form, None, clock.now(), "10.0.0.1", Headers([]))
    kept = recorder.keep(access, clock.now())
    relay.admitted(
        Admitted(rule, MEMBER, "client", None, b"seal", access, kept, [], access.id.encode()),
        upstream,
    )
    return relay, caller, book


def start(relay: Relay) -> None:
    """The request's body has ended."""
    relay.more_body = False
    relay.set()


async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def test_no_byte_of_an_answer_leaves_before_its_record_is_durable(tmp_path: Path) -> None:
    stream = Stream()
    stream.seconds = 0.4
    recorder = Recorder(stream, spool_in(tmp_path))
    async with recorder.running(), service(tmp_path, answering) as upstream:
        relay, caller, book = relay_under(DATA, recorder, upstream)
        start(relay)
        await asyncio.sleep(0.2)
        assert caller.line.written == b""
        await asyncio.wait_for(caller.over.wait(), 2)
        assert stream.arrived == [1]
        assert caller.line.written.endswith(b"\r\n\r\nsecret")
        assert book.last is not None
        assert (book.last.status, book.last.bytes_out) == (200, 6)


@pytest.mark.parametrize(("rule", "status"), [(DATA, 503), (OTHER, 200)])
async def test_without_a_record_no_data_leaves_and_other_work_goes_on(
    tmp_path: Path, rule: Rule, status: int
) -> None:
    stream = Stream()
    stream.away = True
    recorder = Recorder(stream, spool_in(tmp_path, limit=1))
    async with recorder.running(), service(tmp_path, answering) as upstream:
        relay, caller, book = relay_under(rule, recorder, upstream)
        start(relay)
        await asyncio.wait_for(caller.over.wait(), 2)
        assert caller.line.written.startswith(b"HTTP/1.1 %d " % status)
        assert (b"secret" in caller.line.written) is (status == 200)
        assert book.last is not None
        assert book.last.status == status
        stream.away = False


async def test_what_waits_for_too_long_is_given_up_whoever_it_waits_for(tmp_path: Path) -> None:
    recorder = Recorder(Stream(), spool_in(tmp_path))
    async with recorder.running(), service(tmp_path, silent) as upstream:
        relay, caller, book = relay_under(OTHER, recorder, upstream, length=10)
        relay.late()
        assert caller.line.written.startswith(b"HTTP/1.1 408 ")
        assert book.last is not None
        assert book.last.reason == "body-too-slow"
        relay, caller, book = relay_under(OTHER, recorder, upstream)
        start(relay)
        await asyncio.sleep(0.1)
        relay.late()
        assert caller.line.written.startswith(b"HTTP/1.1 503 ")
        assert orjson.loads(caller.line.written.partition(b"\r\n\r\n")[2])["code"] == "service-away"
        assert book.last is not None
        assert book.last.reason == "service-away"


async def test_a_slow_caller_is_waited_for_and_a_stalled_one_is_gone(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
        await reader.read()

    recorder = Recorder(Stream(), spool_in(tmp_path))
    async with recorder.running(), service(tmp_path, serve) as upstream:
        relay, caller, book = relay_under(OTHER, recorder, upstream)
        start(relay)
        await asyncio.sleep(0.2)
        assert caller.line.written.endswith(b"half")
        caller.takes, caller.line.unsent = False, 50
        relay.late()
        caller.line.unsent = 20
        relay.late()
        assert book.last is None
        relay.late()
        assert caller.line.ended
        assert book.last is not None
        assert book.last.reason == "caller-gone"


def test_the_two_halves_of_an_access_say_what_a_record_says() -> None:
    at = clock.now()
    form = Form(DATA, MEMBER, None, "client", None, b"k" * 32, at)
    said = Headers([(b"x-huitong-end-user", b'a"b\\'), (b"x-huitong-terminal", b"t")])
    access = Access(new_text(), form, new_id(), at, "10.0.0.1", said)
    decided = orjson.loads(b"{" + access.line(at))
    access.finished, access.status, access.reason = at, 200, None
    completed = orjson.loads(b"{" + access.line(at))
    other = Record(kind="decided", access_id=new_id(), operation="unlisted", decision="refused")
    assert decided.keys() == completed.keys() == other.document(at).keys()
    assert (decided["kind"], completed["kind"]) == ("decided", "completed")
    assert decided["access_id"] == completed["access_id"] == access.id
    assert decided["id"] != completed["id"]
    assert (decided["end_user"], decided["status"], completed["status"]) == ('a"b\\', None, 200)
    assert decided["principal"]["department"] == str(MEMBER.department)
