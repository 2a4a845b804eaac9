"""Memory while a large batch comes in does not grow with the batch."""

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
_PROGRAM = """
import resource, sys
from collections.abc import Iterator
from pathlib import Path
from services.exchange.tables.difference import Difference, State
from services.exchange.tables.intake import Intake, Source
from services.exchange.tables.items import Item, ItemType
from services.exchange.tables.reasons import Severities
from services.exchange.tables.shelf import Bounds, Scratch, Shelf
from shared.crypto import STANDARD

rows, folder = int(sys.argv[1]), Path(sys.argv[2])
items = [
    Item(code="id", name="id", type=ItemType.INTEGER, key=True),
    Item(code="note", name="note", type=ItemType.CHARACTER, length=400),
]
bounds = Bounds(block=1 << 20, rows=20_000, columns=8 << 20, bucket=8 << 20)
folder.mkdir()
shelf = Shelf(folder / "shelf", STANDARD.new_key(), STANDARD)
scratch = Scratch(folder / "scratch", STANDARD)

def lines(salt: int) -> Iterator[bytes]:
    yield b"id,note\\n"
    for start in range(0, rows, 1000):
        block = (b"%d,%b\\n" % (n, b"%d " % (n * salt) * 20) for n in range(start, start + 1000))
        yield b"".join(block)

def take(salt: int):
    intake = Intake(items, Severities(), delta=False, shelf=shelf, scratch=scratch, bounds=bounds)
    with open(folder / f"{salt}.csv", "w+b") as file:
        file.writelines(lines(salt))
        return intake.take(Source(file, file.tell()))

first, second = take(1), take(3)
assert first.counts.accepted == second.counts.accepted == rows
old = State(base=[(shelf, part) for part in first.parts])
difference = Difference(items, scratch, second.row_buckets)
changed = sum(
    step.changes.height
    for step in difference.of_snapshot(old, map(shelf.get, second.parts), [])
)
assert changed == rows - 1, changed
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def peak(rows: int, folder: Path) -> int:
    told = [sys.executable, "-c", _PROGRAM, str(rows), str(folder)]
    # One thread of polars and one arena: what is measured is ours, not the allocator's.
    environment = {"POLARS_MAX_THREADS": "1", "MALLOC_ARENA_MAX": "1", "PATH": "/usr/bin:/bin"}
    ran = subprocess.run(  # noqa: S603 - our own program
        told, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return int(ran.stdout)


def test_five_times_the_rows_take_little_more_memory(tmp_path: Path) -> None:
    small, large = peak(60_000, tmp_path / "small"), peak(300_000, tmp_path / "large")
    # 240,000 more rows are 40 MB of text, twice, and their changes.
    assert large - small < 60 << 20
