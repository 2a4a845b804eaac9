"""A database that went back in time gives no number twice, and tells who holds some."""

import shutil
from pathlib import Path

import orjson

from services.exchange.restoring.usecases import LEAP, look
from shared import clock
from tests.exchange.tables import HEADER, line
from tests.exchange.world import World

THREE = ("name", "uscc", "city")


def table(*numbers: int) -> bytes:
    return "\n".join([HEADER, *(line(n) for n in numbers)]).encode()


def copied(world: World) -> None:
    """The marker as a restore of the folder leaves it: the same words in another file."""
    marker = Path(world.vault.root / "installation")
    shutil.copy2(marker, marker.with_name("copy"))
    marker.unlink()
    marker.with_name("copy").rename(marker)


async def test_after_a_restore_numbers_go_on_in_a_new_epoch_and_holders_are_told(
    world: World,
) -> None:
    at = clock.now()
    assert await look(world.sessions, world.vault, at) == 0
    await world.publish(table(1, 2))
    wrong = await world.publish(table(1, 2, 3), key="batch-0002")
    await world.correct(wrong["id"], "recall", {"reason": "日期列错位，已重新提交"})
    await world.work()
    holder = await world.grant(*THREE)
    before = (await world.ask(holder, "snapshot")).json()
    assert (before["epoch"], before["sequence"]) == (1, 3)
    assert await look(world.sessions, world.vault, at) == 0

    copied(world)
    assert await look(world.sessions, world.vault, at) == 1
    assert await look(world.sessions, world.vault, at) == 0

    [told] = await world.events("exchange.data-renumbered.v1")
    assert (told["epoch"], told["sequence"]) == (2, LEAP + 3)
    assert told["holders"] == [str(holder.department)]
    after = (await world.ask(holder, "snapshot")).json()
    assert (after["epoch"], after["sequence"], after["rows"]) == (2, LEAP + 3, 2)
    # The same cut, not one made anew.
    assert [f["digest"] for f in after["files"]] == [f["digest"] for f in before["files"]]
    third = await world.publish(table(1, 2, 5), key="batch-0003")
    assert (third["state"], third["sequence"], third["changed"]) == ("published", LEAP + 4, 1)
    # Who held a lost number is answered by another epoch, and begins anew.
    changes = (await world.ask(holder, "changes", after="57")).json()
    assert (changes["epoch"], changes["to"]) == (2, LEAP + 4)
    assert [batch["sequence"] for batch in changes["batches"]] == [LEAP + 1, LEAP + 4]


async def test_a_reader_that_knows_no_epochs_is_refused_what_it_holds(world: World) -> None:
    await look(world.sessions, world.vault, clock.now())
    await world.publish(table(1, 2))
    holder = await world.grant(*THREE)
    path = f"/v1/delta-sharing/shares/x/schemas/y/tables/{holder.grant}"
    async with world.call(holder) as client:
        first = await client.get(f"{path}/metadata")
        copied(world)
        await look(world.sessions, world.vault, clock.now())
        second = await client.get(f"{path}/metadata")
        changes = await client.get(f"{path}/changes", params={"startingVersion": "2"})
    ids = [orjson.loads(a.text.splitlines()[1])["metaData"]["id"] for a in (first, second)]
    assert ids[0] != ids[1]
    assert (changes.status_code, changes.json()["errorCode"]) == (400, "version-unknown")
