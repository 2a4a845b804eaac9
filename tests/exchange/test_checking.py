"""The check of what is stored, and lookup tables made anew, as the command does both."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from services.exchange.bell import Bell, held
from services.exchange.checking.rebuilding import BeingWorkedOn, rebuild
from services.exchange.checking.verifying import verify
from services.exchange.importing import Importer
from shared.ids import new_id
from tests.exchange.tables import HEADER, credit_code, line
from tests.exchange.world import World
from tests.told import EnvironmentFor

CHECKOUT = Path(__file__).parents[2]


async def test_what_is_altered_or_missing_is_named_and_a_lookup_table_is_made_anew(
    world: World, environment_for: EnvironmentFor
) -> None:
    data = "\n".join([HEADER, *(line(n) for n in range(300))]).encode()
    await world.publish(data)
    delta = f"_op,{HEADER}\ndelete,{line(7)}\nupsert,{line(8, city='常州')}\n".encode()
    await world.publish(delta, key="batch-0002", mode="delta")
    holder = await world.grant("name", "uscc", "city")
    said: list[str] = []
    looked = await verify(world.sessions, world.vault, said.append)
    assert (looked.files, looked.tables, looked.faults, said) == (2, 1, 0, [])

    async with world.sessions.begin() as session:
        tables = await session.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'lookup'")
        )
        [name] = tables.all()
        await session.execute(text(f'TRUNCATE lookup."{name}"'))
    assert (await verify(world.sessions, world.vault, said.append)).faults == 1
    assert said.pop().endswith("its lookup table has 0 rows where 299 stand; rebuild it")
    importer = Importer(world.vault)
    async with Bell(world.dsn) as bell, Bell(world.dsn) as worker:
        assert worker.connection is not None
        async with held(worker.connection, f"resource {world.resource}"):
            with pytest.raises(BeingWorkedOn):
                await rebuild(world.sessions, world.vault, bell, importer, world.resource)
        made = await rebuild(world.sessions, world.vault, bell, importer, world.resource)
        assert made == 299
        assert await rebuild(world.sessions, world.vault, bell, importer, new_id()) is None
    found = (await world.look_up(holder, credit_code(7), credit_code(8))).json()["rows"]
    assert [row["city"] for row in found] == ["常州"]

    first, last = sorted((world.settings.storage / "batches").rglob("*.sealed"))
    altered = bytearray(first.read_bytes())
    altered[40] ^= 1
    first.write_bytes(altered)
    last.unlink()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.exchange.checking", "check"),
        cwd=CHECKOUT,
        env={**os.environ, **environment_for("exchange-worker")},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 1
    assert f"{first.stem} was altered" in out.decode()
    assert f"{last.stem} is missing" in out.decode()
