"""The log grows in one place, exactly once, and by no other way."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError

from services.audit import appender, queries, tree
from services.audit.appender import Log, LogDamaged, alone, append
from services.audit.checkpoint import LogKey, open_checkpoint
from services.audit.entry import Entry, Kind
from services.audit.intake import append_or_divide
from services.audit.models import Base, LogEntry, Seen, SignedCheckpoint, Unreadable
from services.audit.reading import Arrived, Parcel, unreadable
from services.audit.sequences import Gap, Sequences
from shared import db, migrate
from shared.crypto import STANDARD
from shared.events.gateway import DepartmentRegistered
from shared.events.requests import GrantIssued
from shared.ids import new_id
from tests.audit.makers import (
    AT,
    ORIGIN,
    SIGNER,
    message,
    open_log,
    packed,
    parcels,
    plain,
    record,
)
from tests.servers import Dsn

KEY = LogKey(ORIGIN, SIGNER.public_bytes)


async def stored(log: Log) -> list[LogEntry]:
    async with log.sessions() as session:
        return list(await session.scalars(select(LogEntry).order_by(LogEntry.index)))


async def head(log: Log) -> SignedCheckpoint:
    async with log.sessions() as session:
        found = await queries.latest(session)
        assert found is not None
        return found


def tree_head(bodies: Sequence[bytes]) -> bytes:
    leaves = [tree.leaf_hash(STANDARD.digest, body) for body in bodies]
    return tree.root(STANDARD.digest, tree.grow(STANDARD.digest, 0, [], leaves).edge)


async def test_the_tables_are_those_of_the_models(owner_database: Dsn) -> None:
    engine = db.engine(owner_database("audit"), size=1)
    async with engine.connect() as connection:
        found = await connection.run_sync(
            lambda c: migrate.differences("services.audit", c, Base.metadata)
        )
    await engine.dispose()
    assert found == []


async def test_messages_become_entries_under_a_signed_head(database: Dsn) -> None:
    async with open_log(database("audit")) as log:
        assert await append(log, parcels(plain(1), plain(2)), AT) == 2
        assert await append(log, parcels(packed([record(1), record(2), record(3)])), AT) == 3
        rows = await stored(log)
        assert [row.index for row in rows] == [0, 1, 2, 3, 4]
        assert [row.kind for row in rows] == [Kind.EVENT] * 2 + [Kind.DECIDED] * 3
        signed = open_checkpoint((await head(log)).note, KEY, STANDARD)
        assert (signed.size, signed.root) == (5, tree_head([row.body for row in rows]))
        for row in rows:
            assert row.leaf == tree.leaf_hash(STANDARD.digest, row.body)
            told = tuple(getattr(row, name) for name in appender.COLUMNS)
            assert told == appender.columns(Entry.from_bytes(row.body))


async def test_a_log_that_grew_in_many_batches_proves_every_entry(database: Dsn) -> None:
    async with open_log(database("audit")) as log:
        done = 0
        for batch in (1, 15, 1, 40, 200, 3):
            messages = [plain(done + n) for n in range(1, batch + 1)]
            done += await append(log, parcels(*messages), AT)
        rows = await stored(log)
        signed = await head(log)
        assert (signed.size, signed.root) == (260, tree_head([row.body for row in rows]))
        async with log.sessions() as session:
            for index in (0, 15, 16, 100, 255, 256, 259):
                path = await queries.proof(
                    session, STANDARD.digest, tree.inclusion(index, signed.size)
                )
                assert tree.verify_inclusion(
                    STANDARD.digest,
                    leaf=rows[index].leaf,
                    index=index,
                    size=signed.size,
                    path=path,
                    head=signed.root,
                )


async def test_what_failed_before_the_commit_is_not_done_and_can_be_done_again(
    database: Dsn, owner_database: Dsn
) -> None:
    batch = parcels(plain(1), plain(2))
    owner = await asyncpg.connect(**db.asyncpg_arguments(owner_database("audit")))
    # The last statement of the append fails, as in a crash right before the commit.
    await owner.execute('REVOKE INSERT ON source FROM "huitong_audit"')
    async with open_log(database("audit")) as log:
        with pytest.raises(ProgrammingError):
            await append(log, batch, AT)
        assert await stored(log) == []
        async with log.sessions() as session:
            assert await queries.latest(session) is None
            assert await session.scalar(select(func.count()).select_from(Seen)) == 0
        await owner.execute('GRANT INSERT ON source TO "huitong_audit"')
        assert await append(log, batch, AT) == 2
    await owner.close()


async def test_what_was_done_but_not_acknowledged_is_appended_once(database: Dsn) -> None:
    first, second, third = plain(1), plain(2), packed([record(1), "no record"])
    async with open_log(database("audit")) as log:
        assert await append(log, parcels(first, second, third), AT) == 4
        before = await head(log)
    # The process died here: committed, nothing acknowledged. Everything comes again, later,
    # and a message that is new comes with it.
    async with open_log(database("audit")) as log:
        again = parcels(third, second, first, at=AT + timedelta(minutes=1))
        assert await append(log, again, AT) == 0
        assert (await head(log)).note == before.note
        assert await append(log, [*again, *parcels(plain(3))], AT) == 1
        assert len(await stored(log)) == 5


async def test_a_message_that_comes_twice_in_one_batch_is_appended_once(database: Dsn) -> None:
    async with open_log(database("audit")) as log:
        assert await append(log, parcels(plain(1), plain(2), plain(1)), AT) == 2


async def test_an_empty_batch_signs_nothing(database: Dsn) -> None:
    async with open_log(database("audit")) as log:
        assert await append(log, [], AT) == 0
        async with log.sessions() as session:
            assert await queries.latest(session) is None


@pytest.mark.parametrize(
    ("arrived", "reason"),
    [
        (Arrived("catalog.x.v1", b"\xff not JSON", "1"), "not a CloudEvents document"),
        (Arrived("catalog.x.v1", b'{"specversion":"0.3"}', "1"), "not CloudEvents 1.0"),
        (plain(1, department="nowhere"), "department: uuid_parsing"),
        (plain(1, source="/huitong/requests"), "speaks for another source"),
        (plain(1, type="requests.approved.v1"), "speaks for another source"),
        (Arrived("access.gateway", b"[]", "1"), "not packed records"),
        (Arrived("access.gateway", b"nothing", "1"), "not packed records"),
        (
            Arrived("access.gateway", b'{"source":"/huitong/catalog","records":[]}', "1"),
            "speaks for another source",
        ),
    ],
)
async def test_what_nobody_can_read_is_recorded_and_kept(
    database: Dsn, arrived: Arrived, reason: str
) -> None:
    async with open_log(database("audit")) as log:
        assert await append(log, parcels(arrived), AT) == 1
        assert await append(log, parcels(arrived), AT) == 0
        (row,) = await stored(log)
        assert row.kind is Kind.UNREADABLE
        content = Entry.from_bytes(row.body).content
        assert content["digest"] == STANDARD.digest(arrived.body).hex()
        assert content["size"] == len(arrived.body)
        assert reason in str(content["reason"])
        async with log.sessions() as session:
            kept = await session.get(Unreadable, 0)
            assert kept is not None
            assert (kept.subject, kept.body) == (arrived.subject, arrived.body)


async def test_a_bad_record_does_not_take_its_neighbours_with_it(database: Dsn) -> None:
    async with open_log(database("audit")) as log:
        batch = parcels(packed([record(1), {"id": "x"}, record(2)]))
        assert await append(log, batch, AT) == 3
        kinds = [row.kind for row in await stored(log)]
        assert kinds == [Kind.DECIDED, Kind.UNREADABLE, Kind.DECIDED]


async def test_a_gap_is_recorded_and_healed_by_the_late_arrival(database: Dsn) -> None:
    later = AT + timedelta(minutes=5)

    async def books(log: Log) -> dict[str, Sequences]:
        async with log.sessions() as session:
            return await queries.sources(session)

    async with open_log(database("audit")) as log:
        await append(log, parcels(plain(1), plain(5)), AT)
        assert (await books(log))["/huitong/exchange"].gaps == [Gap(2, 4, AT)]
        await append(log, parcels(plain(3), plain(1, part="catalog")), later)
        assert await books(log) == {
            "/huitong/catalog": Sequences(1, 1),
            "/huitong/exchange": Sequences(5, 3, 0, [Gap(2, 2, AT), Gap(4, 4, AT)]),
        }
        await append(log, parcels(plain(4), plain(2)), later)
        assert (await books(log))["/huitong/exchange"] == Sequences(5, 5)
        await append(log, parcels(plain(5, id=str(new_id()))), later)
        assert (await books(log))["/huitong/exchange"].repeated == 1


async def test_an_access_carries_the_parties_of_its_grant(database: Dsn) -> None:
    provider, grantee, resource, grant = (new_id() for _ in range(4))
    issued = GrantIssued(
        at=AT,
        actor=f"operator:{new_id()}",
        department=provider,
        aggregate=grant,
        grant=grant,
        request=new_id(),
        resource=resource,
        resource_version=1,
        provider=provider,
        grantee=grantee,
        purpose="核验企业登记",
        items=["name"],
        grade="ordinary",
        valid_from=AT,
        valid_until=None,
    )
    async with open_log(database("audit")) as log:
        early = packed([record(1, grant=str(grant))], place="1")
        await append(log, parcels(early, message(issued, 1)), AT)
        await append(log, parcels(packed([record(2, grant=str(grant))], place="2")), AT)
        unknown, _, known = await stored(log)
        assert (unknown.provider, unknown.grantee, unknown.resource) == (None, None, None)
        assert (known.provider, known.grantee, known.resource) == (provider, grantee, resource)


async def test_a_department_that_moves_is_known_at_its_new_place(database: Dsn) -> None:
    department = new_id()

    def registered(region: str) -> DepartmentRegistered:
        return DepartmentRegistered(
            at=AT,
            actor=f"operator:{new_id()}",
            department=None,
            aggregate=department,
            name="市场监督管理局",
            short_name="市监局",
            credit_code="11610300MB2900000X",
            region=region,
            parent=None,
            is_authority=False,
        )

    async with open_log(database("audit")) as log:
        await append(log, parcels(message(registered("610000/610300/610302"), 1)), AT)
        await append(log, parcels(message(registered("610000/610300/610303"), 2)), AT)
        async with log.sessions() as session:
            known = await session.execute(text("SELECT department, region FROM known_department"))
            assert known.all() == [(department, "610000/610300/610303")]


@pytest.mark.duty("D24", "baoji-2017 §21", "yixing-2016 §25")
@pytest.mark.parametrize("table", ["entry", "node", "checkpoint", "seen", "unreadable"])
async def test_the_service_itself_can_neither_change_nor_delete_what_is_logged(
    database: Dsn, table: str
) -> None:
    async with open_log(database("audit")) as log:
        await append(log, parcels(plain(1), Arrived("catalog.x.v1", b"?", "1")), AT)
    connection = await asyncpg.connect(**db.asyncpg_arguments(database("audit")))
    column = await connection.fetchval(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum = 1", table
    )
    for statement in (
        f'UPDATE {table} SET "{column}" = "{column}"',  # noqa: S608 - our own table's name
        f"DELETE FROM {table}",  # noqa: S608 - as above
        f"TRUNCATE {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


async def test_nothing_is_appended_to_a_tree_that_was_not_signed(
    database: Dsn, owner_database: Dsn
) -> None:
    owner = await asyncpg.connect(**db.asyncpg_arguments(owner_database("audit")))
    async with open_log(database("audit")) as log:
        await append(log, parcels(plain(1), plain(2), plain(3)), AT)
        await owner.execute("UPDATE entry SET leaf = sha256(leaf) WHERE index = 2")
        with pytest.raises(LogDamaged, match="not the one that was signed"):
            await append(log, parcels(plain(4)), AT)
        await owner.execute("DELETE FROM entry WHERE index = 2")
        with pytest.raises(LogDamaged, match="lacks"):
            await append(log, parcels(plain(4)), AT)
        assert len(await stored(log)) == 2
    await owner.close()


async def test_a_second_appender_waits_for_the_first(database: Dsn) -> None:
    dsn = database("audit")
    entered: list[str] = []

    async def second() -> None:
        async with alone(dsn):
            entered.append("second")

    async with alone(dsn) as right:
        waiting = asyncio.create_task(second())
        await asyncio.sleep(0.3)
        assert entered == []
        assert not right.is_closed()
    await asyncio.wait_for(waiting, 5)
    assert entered == ["second"]


async def test_two_appenders_at_once_cannot_both_commit(database: Dsn) -> None:
    async with open_log(database("audit")) as one, open_log(database("audit")) as two:
        outcomes = await asyncio.gather(
            *(append(log, parcels(*[plain(n) for n in range(1, 50)]), AT) for log in (one, two)),
            return_exceptions=True,
        )
        assert 49 in outcomes
        assert len(await stored(one)) == 49


async def test_a_value_that_cannot_be_stored_costs_only_its_own_entry() -> None:
    batch = parcels(*[plain(n) for n in range(1, 9)])
    appended: list[Parcel] = []

    async def picky(some: Sequence[Parcel], at: datetime) -> int:
        if batch[4] in some:
            raise asyncpg.DataError("no such character")
        appended.extend(some)
        return len(some)

    def refuse(parcel: Parcel, reason: str) -> Parcel:
        return unreadable(Arrived(parcel.subject, b"", "1"), reason, STANDARD, AT)

    assert await append_or_divide(picky, batch, refuse, AT) == 8
    assert [p.entry.sequence for p in appended] == [1, 2, 3, 4, None, 6, 7, 8]
    assert appended[4].entry.content["reason"] == "it cannot be stored: DataError"


def test_ids_of_unreadable_messages_are_ids_of_this_platform() -> None:
    made = unreadable(Arrived("catalog.x.v1", b"?", "EVENTS 7"), "why", STANDARD, AT)
    assert isinstance(made.entry.id, UUID)
    assert made.entry.id.version == 8
