"""`verify` finds whatever was changed, says precisely what, and passes a log that is whole."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import select

from services.audit import __main__ as command
from services.audit import checkpoint, queries, tree, verification
from services.audit.appender import Log, append
from services.audit.checkpoint import Checkpoint, LogKey
from services.audit.models import LogEntry
from services.audit.reading import Arrived
from services.audit.receipt import Receipt
from services.audit.verification import GRACE, Fault, Verified
from shared import db
from shared.crypto import STANDARD
from tests.audit.makers import (
    AT,
    ORIGIN,
    SIGNER,
    open_log,
    packed,
    parcels,
    plain,
    record,
)
from tests.servers import Dsn

KEY = LogKey(ORIGIN, SIGNER.public_bytes)


@dataclass
class Site:
    """A log of 60 entries in six commits, and the owner's own connection to its database."""

    log: Log
    owner: "asyncpg.Connection[asyncpg.Record]"
    dsn: str

    async def verify(self, *kept: str, after: timedelta = timedelta(hours=1)) -> Verified:
        return await verification.verify(self.owner, KEY, STANDARD, at=AT + after, kept=kept)

    async def note(self) -> str:
        async with self.log.sessions() as session:
            head = await queries.latest(session)
            assert head is not None
            return head.note

    async def bodies(self) -> list[bytes]:
        async with self.log.sessions() as session:
            rows = await session.scalars(select(LogEntry).order_by(LogEntry.index))
            return [row.body for row in rows]


@pytest.fixture
async def site(database: Dsn, owner_database: Dsn) -> AsyncIterator[Site]:
    owner = await asyncpg.connect(**db.asyncpg_arguments(owner_database("audit")))
    async with open_log(database("audit")) as log:
        for turn in range(5):
            await append(log, parcels(*[plain(turn * 10 + n) for n in range(1, 11)]), AT)
        rest = [packed([record(n) for n in range(1, 10)]), Arrived("catalog.x.v1", b"?", "1")]
        await append(log, parcels(*rest), AT)
        yield Site(log, owner, owner_database("audit"))
    await owner.close()


@pytest.mark.duty("D24", "baoji-2017 §21", "yixing-2016 §25")
async def test_a_whole_log_verifies(site: Site) -> None:
    found = await site.verify()
    assert found.head is not None
    assert (found.head.size, found.checkpoints, found.arriving) == (60, 6, [])
    assert {name: book.highest for name, book in found.sources.items()} == {
        "/huitong/exchange": 50,
        "/huitong/gateway/one": 9,
    }


async def test_an_empty_log_verifies(database: Dsn) -> None:
    connection = await asyncpg.connect(**db.asyncpg_arguments(database("audit")))
    found = await verification.verify(connection, KEY, STANDARD, at=AT)
    await connection.close()
    assert (found.head, found.checkpoints) == (None, 0)


async def test_a_log_longer_than_a_chunk_verifies(site: Site) -> None:
    seen: list[tuple[int, int]] = []
    for start in range(10, 10_010, 2500):
        batch = packed([record(n) for n in range(start, start + 2500)], place=str(start))
        await append(site.log, parcels(batch), AT)
    found = await verification.verify(
        site.owner, KEY, STANDARD, at=AT, progress=lambda *told: seen.append(told)
    )
    assert found.head is not None
    assert found.head.size == 10_060
    assert seen == [(4096, 10_060), (8192, 10_060), (10_060, 10_060)]


@pytest.mark.duty("D24", "baoji-2017 §21")
@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (
            "UPDATE entry SET body = set_byte(body, 40, get_byte(body, 40) # 1) WHERE index = 17",
            "Entry 17: its bytes do not give its leaf hash.",
        ),
        (
            "UPDATE entry SET body = set_byte(body, 40, get_byte(body, 40) # 1), "
            "leaf = sha256('\\x00' || set_byte(body, 40, get_byte(body, 40) # 1)) "
            "WHERE index = 17",
            "Entry 17",
        ),
        ("UPDATE entry SET leaf = sha256(leaf) WHERE index = 0", "Entry 0: its bytes do not"),
        ("DELETE FROM entry WHERE index = 30", "Entry 30 is missing."),
        ("DELETE FROM entry WHERE index = 59", "Entry 59 is missing."),
        ("DELETE FROM entry", "Entry 0 is missing."),
        ("DELETE FROM checkpoint", "Entry 0 was never signed"),
        (
            "UPDATE entry SET body = o.body, leaf = o.leaf FROM entry o "
            "WHERE entry.index IN (3, 4) AND o.index = 7 - entry.index",
            "Entry 3: its columns are not those that its bytes give.",
        ),
        (
            "UPDATE entry SET body = o.body, leaf = o.leaf, time = o.time FROM entry o "
            "WHERE entry.index IN (3, 4) AND o.index = 7 - entry.index",
            "Entry 3: its id is not the one",
        ),
        ("UPDATE entry SET department = NULL WHERE index = 5", "Entry 5: its columns"),
        ("UPDATE entry SET decision = 'refused' WHERE index = 51", "Entry 51: its columns"),
        (
            "UPDATE entry SET time = time + interval '1 microsecond' WHERE index = 5",
            "Entry 5: its columns",
        ),
        (
            "INSERT INTO entry (index, body, leaf, kind, time, recorded) "
            "SELECT 60, body, leaf, kind, time, recorded FROM entry WHERE index = 1",
            "Entry 60 was never signed: the newest checkpoint has size 60.",
        ),
        ("UPDATE node SET hash = sha256(hash) WHERE position = 1", "level 4, position 1"),
        ("DELETE FROM node WHERE level = 4 AND position = 2", "level 4, position 2"),
        ("INSERT INTO node VALUES (4, 99, '\\x00')", "The tree has 4 nodes at level 4"),
        ("INSERT INTO node VALUES (8, 0, '\\x00')", "The tree has 1 nodes at level 8"),
        (
            "UPDATE checkpoint SET root = sha256(root) WHERE size = 30",
            "The checkpoint at size 30: its root is not that of its note.",
        ),
        (
            "UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 20) "
            "WHERE size = 30",
            "The checkpoint at size 30 was signed for size 20.",
        ),
        (
            "UPDATE checkpoint SET note = overlay(note placing 'XXXX' from length(note) - 10) "
            "WHERE size = 30",
            "The checkpoint at size 30 does not hold",
        ),
        ("DELETE FROM checkpoint WHERE size = 60", "Entry 50 was never signed"),
        ("UPDATE seen SET id = gen_random_uuid() WHERE index = 9", "Entry 9: its id"),
        ("DELETE FROM seen WHERE index = 9", "Entry 9: its id"),
        ("INSERT INTO seen VALUES (gen_random_uuid(), 99)", "noted as seen, but has no entry"),
        ("UPDATE unreadable SET body = '!'", "Entry 59: the bytes kept for it"),
        ("DELETE FROM unreadable", "Entry 59: the bytes kept for it"),
        ("INSERT INTO unreadable VALUES (7, 's', 'b')", "Entry 7 is not unreadable"),
        ("UPDATE source SET highest = 51", "/huitong/exchange: the books"),
        ("DELETE FROM source", "/huitong/exchange: the books"),
        ("INSERT INTO gap VALUES ('/huitong/catalog', 1, 2, now())", "/huitong/catalog: the books"),
    ],
)
async def test_whatever_is_changed_in_the_database_is_found(
    site: Site, statement: str, sentence: str
) -> None:
    await site.owner.execute(statement)
    with pytest.raises(Fault) as fault:
        await site.verify()
    assert sentence in str(fault.value)


async def test_a_forged_checkpoint_is_found(site: Site) -> None:
    """Somebody else's key, over a tree that fits: everything but the signature is right."""
    head = checkpoint.open_checkpoint(await site.note(), KEY, STANDARD)
    forged = checkpoint.sign(head, STANDARD.generate_signer(), STANDARD)
    await site.owner.execute("UPDATE checkpoint SET note = $1 WHERE size = 60", forged)
    with pytest.raises(Fault, match="The newest checkpoint does not hold: The note is not signed"):
        await site.verify()


async def test_a_checkpoint_signed_over_another_tree_is_found(site: Site) -> None:
    """The right key, misused: signed over a tree that is not this one."""
    other = Checkpoint(ORIGIN, 40, STANDARD.digest(b"another tree"))
    note = checkpoint.sign(other, SIGNER, STANDARD)
    await site.owner.execute(
        "UPDATE checkpoint SET note = $1, root = $2 WHERE size = 40", note, other.root
    )
    with pytest.raises(Fault, match="The checkpoint at size 40 was signed over another tree"):
        await site.verify()


async def test_a_log_rewritten_with_its_own_key_is_found_by_what_was_kept_outside(
    site: Site,
) -> None:
    kept = await site.note()
    assert (await site.verify(kept)).checkpoints == 6
    for table in ("entry", "node", "checkpoint", "seen", "unreadable", "source"):
        await site.owner.execute(f"DELETE FROM {table}")  # noqa: S608 - our own tables
    await append(site.log, parcels(*[plain(n) for n in range(1, 41)]), AT)
    assert (await site.verify()).checkpoints == 1
    with pytest.raises(Fault, match=r"The log was cut: it has 40 entries, .* has 60"):
        await site.verify(kept)
    await append(site.log, parcels(*[plain(n) for n in range(41, 71)]), AT)
    with pytest.raises(Fault, match="The log was rewritten: at size 60"):
        await site.verify(kept)


async def test_numbers_that_never_arrived_are_found_when_they_are_late(site: Site) -> None:
    await append(site.log, parcels(plain(53), plain(56)), AT)
    young = await site.verify(after=GRACE)
    assert young.arriving == ["/huitong/exchange: number 51 to 52, 54 to 55 is still on its way"]
    with pytest.raises(Fault) as fault:
        await site.verify()
    assert str(fault.value) == (
        "/huitong/exchange: of 56 messages number 51 to 52, 54 to 55 never arrived; "
        "noticed 2026-03-02 08:00:00 UTC."
    )
    await append(site.log, parcels(plain(54), plain(52), plain(55), plain(51)), AT)
    assert (await site.verify()).arriving == []


async def test_a_number_under_two_ids_is_found(site: Site) -> None:
    await append(site.log, parcels(plain(50, id="0197a3c0-5b1e-7cc0-8a00-000000000101")), AT)
    with pytest.raises(Fault, match="/huitong/exchange: 1 numbers came twice"):
        await site.verify()


async def test_a_log_verifies_while_it_grows(site: Site) -> None:
    async with site.owner.transaction(isolation="repeatable_read", readonly=True):
        await site.owner.fetchval("SELECT count(*) FROM checkpoint")
        await append(site.log, parcels(plain(51), plain(52)), AT)
        # The same snapshot as before the append; verify's own transaction nests in it.
        head = await site.owner.fetchval("SELECT max(size) FROM checkpoint")
        assert head == 60
    found = await site.verify()
    assert found.head is not None
    assert found.head.size == 62


async def receipt_of(site: Site, index: int) -> Receipt:
    bodies = await site.bodies()
    async with site.log.sessions() as session:
        path = await queries.proof(session, STANDARD.digest, tree.inclusion(index, len(bodies)))
    return Receipt(index=index, entry=bodies[index], path=path, checkpoint=await site.note())


async def test_the_command_line_verifies_a_receipt_offline(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt = await receipt_of(site, 50)
    file, key = tmp_path / "receipt.json", tmp_path / "key"
    file.write_text(receipt.model_dump_json())
    key.write_text(KEY.text(STANDARD) + "\n")
    for told in (str(key), KEY.text(STANDARD)):
        assert command.main(["verify", "--receipt", str(file), "--key", told]) == 0
        assert "is entry 50 of log.example/610300" in capsys.readouterr().out
    file.write_text(replace_index(receipt).model_dump_json())
    assert command.main(["verify", "--receipt", str(file), "--key", str(key)]) == 1
    assert "NOT PROVEN: The path does not lead" in capsys.readouterr().out


def replace_index(receipt: Receipt) -> Receipt:
    return receipt.model_copy(update={"index": receipt.index - 1})


async def test_the_command_line_verifies_the_whole_log(
    site: Site,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    private, kept = tmp_path / "key.pem", tmp_path / "kept"
    private.write_bytes(SIGNER.pem())
    kept.write_text(await site.note())
    for name, value in {
        "HUITONG_DATABASE": site.dsn,
        "HUITONG_LOG_KEY_FILE": str(private),
        "HUITONG_LOG_ORIGIN": ORIGIN,
    }.items():
        monkeypatch.setenv(name, value)
    assert await run("verify", "--kept", str(kept)) == 0
    told = capsys.readouterr().out
    assert "verified: 60 entries of 2 sources under 6 checkpoints of log.example/610300" in told
    await site.owner.execute("UPDATE entry SET actor = 'operator:other' WHERE index = 2")
    assert await run("verify") == 1
    assert capsys.readouterr().out == (
        "NOT VERIFIED: Entry 2: its columns are not those that its bytes give.\n"
    )


async def run(*arguments: str) -> int:
    """The command line in a thread: it runs a loop of its own."""
    return await asyncio.to_thread(command.main, arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify"],
        ["verify", "--key", "nonsense"],
        ["verify", "--key", KEY.text(STANDARD)],
        ["verify", "--key", KEY.text(STANDARD), "--receipt", "/nonexistent"],
        ["verify", "--key", KEY.text(STANDARD), "--kept", "/nonexistent"],
    ],
)
def test_what_cannot_be_looked_at_ends_with_two(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("HUITONG_DATABASE", "HUITONG_LOG_KEY_FILE", "HUITONG_LOG_ORIGIN"):
        monkeypatch.delenv(name, raising=False)
    assert command.main(arguments) == 2
    assert capsys.readouterr().err.startswith("cannot verify: ")
