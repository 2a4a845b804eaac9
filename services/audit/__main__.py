"""The command line of audit: `python -m services.audit verify`.

    verify                                    the whole log, in the database
    verify --kept FILE                        … and against checkpoints that were kept outside
    verify --receipt FILE --key KEY           one receipt, offline

KEY is the log's verifier key line, or a file with it. Without it the key is the public half of
HUITONG_LOG_KEY_FILE under the name HUITONG_LOG_ORIGIN. The database is HUITONG_DATABASE. Ends with
0 when everything holds, 1 with one sentence when something does not, 2 when it cannot be looked at.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import asyncpg

from services.audit import receipt, verification
from services.audit.checkpoint import CheckpointRefused, LogKey, read_key
from services.audit.receipt import ReceiptRefused
from services.audit.verification import Fault, Verified
from shared import clock, db
from shared.crypto import Suite, Tampered, suite


class Unusable(Exception):
    """What was given does not suffice to look at all."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m services.audit", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser("verify", help="the whole log, or one receipt")
    verify.add_argument("--receipt", type=Path, help="a receipt to verify offline")
    verify.add_argument("--key", help="the log's verifier key line, or a file with it")
    verify.add_argument("--kept", type=Path, action="append", default=[], help="a kept checkpoint")
    verify.add_argument("--dsn", default=os.environ.get("HUITONG_DATABASE"))
    verify.add_argument("--quiet", action="store_true", help="no progress lines")
    told = parser.parse_args(arguments)
    chosen = suite(os.environ.get("HUITONG_CRYPTO_SUITE", "standard"))
    try:
        key = _key(told.key, chosen)
        if told.receipt:
            return _receipt(told.receipt.read_bytes(), key, chosen)
        if not told.dsn:
            raise Unusable("HUITONG_DATABASE says which database holds the log; it is not set.")
        notes = [path.read_text() for path in told.kept]
        return asyncio.run(_whole(told.dsn, key, chosen, notes, quiet=told.quiet))
    except (Unusable, CheckpointRefused, Tampered, OSError, asyncpg.PostgresError) as error:
        _say(f"cannot verify: {error}", sys.stderr)
        return 2


def _key(told: str | None, chosen: Suite) -> LogKey:
    if told is not None:
        path = Path(told)
        return read_key(path.read_text() if path.is_file() else told, chosen)
    file, origin = os.environ.get("HUITONG_LOG_KEY_FILE"), os.environ.get("HUITONG_LOG_ORIGIN")
    if not file or not origin:
        raise Unusable("Give the log's public key with --key.")
    return LogKey(origin, chosen.load_signer(Path(file).read_bytes()).public_bytes)


def _receipt(document: bytes, key: LogKey, chosen: Suite) -> int:
    try:
        proven = receipt.verify(receipt.read(document), key, chosen)
    except ReceiptRefused as refusal:
        _say(f"NOT PROVEN: {refusal}")
        return 1
    entry = proven.entry
    what = entry.subject or entry.operation or entry.kind
    _say(
        f"proven: {what} at {entry.time:%Y-%m-%d %H:%M:%S} UTC by {entry.actor or 'nobody known'}"
        f" is entry {proven.index} of {proven.checkpoint.origin}"
        f" (checkpoint of {proven.checkpoint.size} entries)"
    )
    return 0


async def _whole(dsn: str, key: LogKey, chosen: Suite, kept: list[str], *, quiet: bool) -> int:
    begun = time.monotonic()
    said = begun

    def progress(done: int, total: int) -> None:
        nonlocal said
        if not quiet and time.monotonic() - said > 1:
            said = time.monotonic()
            _say(f"  {done:,} of {total:,} entries ({100 * done // total} %)")

    connection = await asyncpg.connect(**db.asyncpg_arguments(dsn), timeout=5)
    try:
        found = await verification.verify(
            connection, key, chosen, at=clock.now(), kept=kept, progress=progress
        )
    except Fault as fault:
        _say(f"NOT VERIFIED: {fault}")
        return 1
    finally:
        await connection.close(timeout=2)
    _say(_summary(found, time.monotonic() - begun))
    return 0


def _summary(found: Verified, seconds: float) -> str:
    if found.head is None:
        return "verified: the log is empty"
    lines = [f"  {words}" for words in found.arriving]
    lines.append(
        f"verified: {found.head.size:,} entries of {len(found.sources)} sources under "
        f"{found.checkpoints:,} checkpoints of {found.head.origin}, in {seconds:.1f} s; "
        f"root {found.head.root.hex()}"
    )
    return "\n".join(lines)


def _say(line: str, where: TextIO | None = None) -> None:
    (where or sys.stdout).write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
