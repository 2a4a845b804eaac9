"""Records and their spool: durable or refused, in order, and never in the way of other work."""

import asyncio
import contextlib
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from gateway.records import Record, Recorder, RecordUnavailable
from gateway.spool import Spool, SpoolFull
from gateway.strangers import Strangers
from shared.bus import BusAway
from shared.ids import new_id

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class Stream:
    """The stream ACCESS: it may be away, slow, or fail in a way that nobody expects."""

    def __init__(self) -> None:
        self.away = False
        self.broken = False
        self.silent = False
        self.seconds = 0.0
        self.packs: list[list[int]] = []
        self.names: list[str] = []

    async def publish(self, subject: str, body: bytes, message_id: str) -> None:
        await asyncio.sleep(self.seconds)
        if self.away:
            raise BusAway("away")
        if self.broken:
            raise RuntimeError("a bug")
        if self.silent:
            self.packs.append([r["sequence"] for r in orjson.loads(body)["records"]])
            self.names.append(message_id)
            raise BusAway("no acknowledgement", sent=True)
        self.packs.append([r["sequence"] for r in orjson.loads(body)["records"]])
        self.names.append(message_id)

    @property
    def arrived(self) -> list[int]:
        return [number for pack in self.packs for number in pack]


def record(operation: str = "GET /v1/me") -> Record:
    return Record(kind="decided", access_id=new_id(), operation=operation, decision="allowed")


@pytest.fixture
def stream() -> Stream:
    return Stream()


def spool_in(folder: Path, limit: int = 1 << 20, seconds: int = 900) -> Spool:
    return Spool(folder / "spool", limit, seconds)


async def emptied(spool: Spool) -> None:
    """Wait until all was replayed."""
    for _ in range(100):
        if spool.empty:
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


async def test_a_record_is_durable_when_its_future_is_done(stream: Stream, tmp_path: Path) -> None:
    recorder = Recorder(stream, spool_in(tmp_path))
    async with recorder.running():
        await asyncio.wait_for(recorder.keep(record(), AT), 2)
        assert stream.arrived == [1]


async def test_the_records_of_a_moment_travel_together_and_none_is_lost(
    stream: Stream, tmp_path: Path
) -> None:
    stream.seconds = 0.01
    recorder = Recorder(stream, spool_in(tmp_path))
    async with recorder.running():
        await asyncio.gather(*[recorder.keep(record(), AT) for _ in range(1000)])
    assert sorted(stream.arrived) == list(range(1, 1001))
    assert len(stream.packs) <= 12


async def test_what_nobody_waited_for_is_sent_before_the_process_ends(
    stream: Stream, tmp_path: Path
) -> None:
    stream.seconds = 0.02
    recorder = Recorder(stream, spool_in(tmp_path))
    async with recorder.running():
        for _ in range(900):
            recorder.keep(record(), AT)
    assert sorted(stream.arrived) == list(range(1, 901))


async def test_while_nats_is_away_records_are_spooled_and_then_replayed_in_order(
    stream: Stream, tmp_path: Path
) -> None:
    stream.away = True
    spool = spool_in(tmp_path)
    recorder = Recorder(stream, spool)
    async with recorder.running():
        for _ in range(5):
            await asyncio.wait_for(recorder.keep(record(), AT), 2)
        assert stream.arrived == []
        assert not spool.empty
        stream.away = False
        await emptied(spool)
        await recorder.keep(record(), AT)
    assert stream.arrived == [1, 2, 3, 4, 5, 6]


async def test_a_process_that_died_leaves_its_spool_to_the_next(
    stream: Stream, tmp_path: Path
) -> None:
    stream.away = True
    first = Recorder(stream, spool_in(tmp_path))
    async with first.running():
        await first.keep(record(), AT)
    stream.away = False
    spool = spool_in(tmp_path)
    async with Recorder(stream, spool).running():
        await emptied(spool)
    assert stream.arrived == [1]


async def test_when_the_spool_is_full_the_record_is_refused_and_work_goes_on_when_nats_is_back(
    stream: Stream, tmp_path: Path
) -> None:
    stream.away = True
    recorder = Recorder(stream, spool_in(tmp_path, limit=10))
    async with recorder.running():
        with pytest.raises(RecordUnavailable) as refusal:
            await asyncio.wait_for(recorder.keep(record(), AT), 2)
        assert refusal.value.status == 503
        assert refusal.value.retry_after > 0
        stream.away = False
        await asyncio.wait_for(recorder.keep(record(), AT), 2)
    # The number of what was refused is given again: nothing is missing, so nothing shows as lost.
    assert stream.arrived == [1]


async def test_what_may_have_been_stored_keeps_its_number_and_is_sent_until_it_is(
    stream: Stream, tmp_path: Path
) -> None:
    stream.silent = True
    recorder = Recorder(stream, spool_in(tmp_path, limit=10))
    async with recorder.running():
        with pytest.raises(RecordUnavailable):
            await asyncio.wait_for(recorder.keep(record(), AT), 2)
        stream.silent = False
        await asyncio.wait_for(recorder.keep(record(), AT), 2)
        for _ in range(100):
            if len(stream.packs) == 3:
                break
            await asyncio.sleep(0.05)
    # Stored, though nobody heard so; then the next; then the first again, by the same name.
    assert stream.packs == [[1], [2], [1]]
    assert stream.names[0] == stream.names[2]


async def test_a_fault_that_nobody_expected_refuses_too_and_stops_nothing(
    stream: Stream, tmp_path: Path
) -> None:
    stream.broken = True
    recorder = Recorder(stream, spool_in(tmp_path))
    async with recorder.running():
        with pytest.raises(RecordUnavailable):
            await asyncio.wait_for(recorder.keep(record(), AT), 2)
        stream.broken = False
        await asyncio.wait_for(recorder.keep(record(), AT), 2)


async def test_strangers_are_counted_and_cannot_fill_the_log(
    stream: Stream, tmp_path: Path
) -> None:
    recorder = Recorder(stream, spool_in(tmp_path, limit=1 << 30))
    async with recorder.running():
        strangers = Strangers(recorder)
        with contextlib.suppress(asyncio.CancelledError):
            async with strangers.counting():
                for n in range(30_000):
                    strangers.refused(f"10.0.{n % 12_000}", "credentials-missing", AT)
    assert 0 < len(stream.arrived) <= 1_001


async def test_a_stranger_with_a_whole_network_of_addresses_is_one_stranger(
    stream: Stream, tmp_path: Path
) -> None:
    recorder = Recorder(stream, spool_in(tmp_path))
    async with recorder.running():
        strangers = Strangers(recorder)
        async with strangers.counting():
            for n in range(1, 50):
                strangers.refused(f"2001:db8::{n:x}", "credentials-missing", AT)
            strangers.refused("2001:db8:0:1::1", "credentials-missing", AT)
            strangers.refused("local", "credentials-missing", AT)
    assert len(stream.arrived) == 3


def test_messages_come_back_in_the_order_of_writing_also_after_a_restart(tmp_path: Path) -> None:
    first = spool_in(tmp_path)
    for n in range(5):
        first.add(str(n).encode())
    second = spool_in(tmp_path)
    found = []
    while (oldest := second.oldest()) is not None:
        found.append(oldest.message)
        second.remove(oldest)
    assert found == [b"0", b"1", b"2", b"3", b"4"]
    assert second.empty
    assert list((tmp_path / "spool").iterdir()) == []


def test_half_a_message_is_no_message(tmp_path: Path) -> None:
    spool_in(tmp_path).add(b"whole")
    (tmp_path / "spool" / "1-x.json.part").write_bytes(b"ha")
    again = spool_in(tmp_path)
    assert [p.suffix for p in (tmp_path / "spool").iterdir()] == [".json"]
    oldest = again.oldest()
    assert oldest is not None
    assert oldest.message == b"whole"


def test_the_spool_is_bounded_in_size_and_in_time(tmp_path: Path) -> None:
    spool = spool_in(tmp_path, limit=10)
    spool.add(b"12345678")
    with pytest.raises(SpoolFull, match="size"):
        spool.add(b"123")
    spool.add(b"12")
    old = Spool(tmp_path / "old", 100, -1)
    old.add(b"first")
    with pytest.raises(SpoolFull, match="too long"):
        old.add(b"second")


def test_a_disk_that_refuses_is_a_full_spool_and_leaves_nothing_behind(tmp_path: Path) -> None:
    spool = spool_in(tmp_path)
    (tmp_path / "spool").rmdir()
    with pytest.raises(SpoolFull, match="written"):
        spool.add(b"x")
    assert spool.empty
    (tmp_path / "spool").mkdir()
    spool.add(b"y")
    assert not spool.empty
