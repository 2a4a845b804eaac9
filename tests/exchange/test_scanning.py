"""Uploads looked at by a malware scanner: found, clean, away, and larger than it takes at once."""

import gzip
import os
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from services.exchange import production
from services.exchange.importing import Importer
from services.exchange.tables.formats import PLAIN_CSV, Content, Format, Packing
from services.exchange.tables.refusals import BatchRefused
from services.exchange.uploads.scanning import OVERLAP, Scanner, ScannerAway, scan, scanner_of
from tests.exchange.clamd import EICAR, Clamd, listening
from tests.exchange.tables import HEADER, line
from tests.exchange.world import World

WINDOW = 4 * OVERLAP


@pytest.fixture
def socket() -> Iterator[Path]:
    """A short path: those of sockets end at 107 characters."""
    with tempfile.TemporaryDirectory(prefix="clamd") as folder:
        yield Path(folder) / "s"


def scanned(at: str, data: bytes, content: Content = PLAIN_CSV) -> None:
    scan(Scanner(at, WINDOW), BytesIO(data), len(data), content, 1 << 30, lambda: None)


@pytest.mark.parametrize("place", [0, WINDOW - 30, 2 * WINDOW, 3 * WINDOW - OVERLAP - 10])
@pytest.mark.parametrize("packing", list(Packing)[:2], ids=str)
def test_what_is_larger_than_the_scanner_takes_is_seen_whole_in_windows(
    socket: Path, place: int, packing: Packing
) -> None:
    clamd = Clamd(largest=WINDOW)
    # Does not pack, so that the packed file too is larger than a window.
    clean = os.urandom(3 * WINDOW)
    wrong = clean[:place] + EICAR + clean[place:]
    clean, wrong = (gzip.compress(d, 0) if packing is Packing.GZIP else d for d in (clean, wrong))
    content = Content(Format.CSV, packing)
    with listening(socket, clamd) as at:
        scanned(at, clean, content)
        with pytest.raises(BatchRefused) as refused:
            scanned(at, wrong, content)
    assert refused.value.code == "infected"
    assert "Eicar-Signature" in refused.value.detail
    assert max(clamd.streams) == WINDOW


def test_a_small_file_goes_as_it_is_and_a_workbook_that_is_too_large_is_refused(
    socket: Path,
) -> None:
    clamd = Clamd()
    with listening(socket, clamd) as at:
        scanned(at, b"PK" * 100, Content(Format.XLSX))
        with pytest.raises(BatchRefused) as refused:
            scanned(at, b"PK" * WINDOW, Content(Format.XLSX))
    assert refused.value.code == "scan-too-large"
    assert clamd.streams == [200]


def test_a_scanner_that_is_away_or_takes_less_is_no_word_that_a_file_is_clean(
    socket: Path,
) -> None:
    with pytest.raises(ScannerAway):
        scanned(f"unix:{socket}", b"x")
    with listening(socket, Clamd(largest=10)) as at, pytest.raises(ScannerAway):
        scanned(at, b"x" * OVERLAP)
    assert not Scanner(f"unix:{socket}", WINDOW).answers()


@pytest.mark.parametrize("address", ["clamd", "unix", ":3310", "host:", "host:x"])
def test_what_is_no_address_of_a_scanner_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(ValueError, match="unix:"):
        scanner_of(address, WINDOW)
    assert scanner_of("none", 0) is None


@pytest.mark.duty("D46", "yixing-2016 §24", "baoji-2017 §20")
async def test_an_infected_batch_is_refused_and_without_its_scanner_a_batch_waits(
    world: World, socket: Path
) -> None:
    data = f"{HEADER}\n{line(1)}\n".encode()
    scanner = Scanner(f"unix:{socket}", WINDOW)
    queue = world.queue(Importer(world.vault, scanner=scanner))
    identity = str((await world.hand_in(data)).json()["id"])
    assert await world.work(queue) == 0
    waits = await world.batch(identity)
    assert (waits["state"], waits["phase"], waits["rows_read"]) == ("received", "scanning", 0)
    clamd = Clamd()
    with listening(socket, clamd):
        assert await world.work(queue) == 1
        assert (await world.batch(identity))["state"] == "published"
        assert clamd.streams == [len(data)]
        answer = await world.hand_in(data + EICAR + b"\n", key="batch-0002")
        assert await world.work(queue) == 1
    infected = await world.batch(str(answer.json()["id"]))
    assert (infected["state"], infected["refusal"]["code"]) == ("refused", "infected")
    assert infected["rows_in"] is None
    [event] = await world.events("exchange.batch-refused.v1")
    assert event["reason"] == "infected"
    assert list((world.settings.storage / "incoming").iterdir()) == []


async def test_production_asks_for_a_scanner_or_for_somebody_who_answers_for_none() -> None:
    [reason] = await production.reasons({})
    assert "HUITONG_SCANNER" in reason
    for told in ("none", "unix:/run/clamav/clamd.ctl"):
        assert await production.reasons({"HUITONG_SCANNER": told}) == []
