"""What a grantee gets: manifests of files cut to the grant, and rows by key."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import polars as pl
import pytest

from services.exchange import addresses
from services.exchange.addresses import AddressUnknown
from services.exchange.tables.items import Item, ItemType
from shared import clock
from shared.principal import Permission, Principal
from tests.exchange.tables import ENTERPRISES, HEADER, credit_code, line
from tests.exchange.world import Json, World

THREE = ("name", "uscc", "city")


def table(*numbers: int, city: str = "苏州") -> bytes:
    return "\n".join([HEADER, *(line(n, city=city) for n in numbers)]).encode()


async def frame(world: World, files: list[Json]) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(await world.fetch(file)) for file in files])


@pytest.mark.duty("D16", "baoji-2017 §18", "jiangsu-2012 §17")
@pytest.mark.duty("D17", "baoji-2017 §16")
async def test_a_grant_for_three_items_brings_exactly_those_three(world: World) -> None:
    await world.publish(table(*range(50)))
    holder = await world.grant(*THREE)
    manifest = (await world.ask(holder, "snapshot")).json()
    assert (manifest["epoch"], manifest["sequence"], manifest["rows"]) == (1, 1, 50)
    assert [column["code"] for column in manifest["columns"]] == ["name", "uscc", "city"]
    assert manifest["source"]["department_name"] == "示例市市场监督管理局"
    got = await frame(world, manifest["files"])
    assert got.columns == ["name", "uscc", "city"]
    assert sorted(got["uscc"]) == sorted(credit_code(n) for n in range(50))


@pytest.mark.duty("D16", "baoji-2017 §18")
@pytest.mark.parametrize("form", ["csv", "parquet"])
async def test_what_is_not_granted_is_nowhere_in_the_served_bytes(world: World, form: str) -> None:
    await world.publish(table(*range(20)))
    holder = await world.grant(*THREE)
    for operation in ("snapshot", "changes"):
        manifest = (await world.ask(holder, operation, format=form)).json()
        files = manifest.get("files") or manifest["batches"][0]["files"]
        data = b"".join([await world.fetch(file) for file in files])
        assert len(data) > 100
        for absent in ("万元人民币", "capital", "registered", "注册"):
            assert absent.encode() not in data


async def test_changes_after_a_sequence_come_with_the_images_before(world: World) -> None:
    await world.publish(table(1, 2, 3))
    await world.publish(table(1, 2, 4, city="南京"), key="batch-0002")
    await world.publish(table(1, 2, 4, city="南京"), key="batch-0003")
    holder = await world.grant(*THREE)
    manifest = (await world.ask(holder, "changes", after="1")).json()
    assert (manifest["from"], manifest["to"], manifest["more"]) == (1, 3, False)
    assert [(b["sequence"], b["mode"], b["rows"]) for b in manifest["batches"]] == [
        (2, "snapshot", 6),
        (3, "snapshot", 0),
    ]
    changes = await frame(world, manifest["batches"][0]["files"])
    seen = sorted(changes.select("_change_type", "uscc", "city").rows())
    assert seen == sorted(
        [
            ("delete", credit_code(3), "苏州"),
            ("insert", credit_code(4), "南京"),
            *[("update_preimage", credit_code(n), "苏州") for n in (1, 2)],
            *[("update_postimage", credit_code(n), "南京") for n in (1, 2)],
        ]
    )


async def test_a_grant_that_does_not_see_what_changed_gets_nothing(world: World) -> None:
    await world.publish(table(1, 2))
    await world.publish(table(1, 2, city="南京"), key="batch-0002")
    holder = await world.grant("name", "uscc")
    manifest = (await world.ask(holder, "changes", after="1")).json()
    assert manifest["to"] == 2
    assert manifest["batches"][0]["files"] == []


async def test_deltas_and_snapshots_lead_to_the_same_rows(world: World) -> None:
    await world.publish(table(1, 2, 3))
    delta = f"{HEADER},_op\n{line(2, city='南京')},\n{line(5)},upsert\n"
    delta += f",{credit_code(1)},,,,delete\n"
    batch = await world.publish(delta.encode(), key="batch-0002", mode="delta")
    assert (batch["accepted"], batch["changed"]) == (3, 3)
    holder = await world.grant(*THREE)
    got = await frame(world, (await world.ask(holder, "snapshot")).json()["files"])
    assert sorted(got.select("uscc", "city").rows()) == sorted(
        [(credit_code(2), "南京"), (credit_code(3), "苏州"), (credit_code(5), "苏州")]
    )
    rows = (await world.look_up(holder, *map(credit_code, (1, 2, 3, 5)))).json()["rows"]
    assert [(r["uscc"], r["city"]) for r in rows] == [
        (credit_code(2), "南京"),
        (credit_code(3), "苏州"),
        (credit_code(5), "苏州"),
    ]


async def test_a_key_rejected_today_keeps_yesterdays_row_marked_stale(world: World) -> None:
    await world.publish(table(1, 2))
    damaged = f"{HEADER}\n{line(1)}\n\ufffd坏,{credit_code(2)},2002-01-01,1,南京\n".encode()
    batch = await world.publish(damaged, key="batch-0002")
    assert (batch["rows_in"], batch["accepted"], batch["rejected"]) == (2, 1, 1)
    holder = await world.grant(*THREE)
    [row] = (await world.look_up(holder, credit_code(2))).json()["rows"]
    assert (row["city"], row["_stale"]) == ("苏州", True)
    marked = await world.ask(holder, "snapshot", marks="true")
    got = await frame(world, marked.json()["files"])
    assert sorted(got.select("uscc", "_stale").rows()) == sorted(
        [(credit_code(1), False), (credit_code(2), True)]
    )


async def test_a_line_that_lost_its_fields_does_not_take_yesterdays_row_away(world: World) -> None:
    await world.publish(table(1, 2))
    torn = f"{HEADER}\n{line(1)}\n第二厂,{credit_code(2)}\n".encode()
    await world.publish(torn, key="batch-0002")
    holder = await world.grant(*THREE)
    rows = (await world.look_up(holder, credit_code(1), credit_code(2))).json()["rows"]
    assert [row.get("_stale", False) for row in rows] == [False, True]


@pytest.mark.duty("D16", "baoji-2017 §18", "jiangsu-2017 §17")
async def test_without_a_grant_in_force_there_is_nothing(world: World) -> None:
    await world.publish(table(1))
    holder = await world.grant(*THREE)
    later = await world.grant(*THREE, valid_from=clock.now() + timedelta(hours=1))
    ended = await world.grant(*THREE, valid_until=clock.now() - timedelta(seconds=1))
    revoked = await world.grant(*THREE)
    await world.revoke(revoked)
    thief = world.principal(grant=holder.grant)
    without = world.principal(department=holder.department)
    unknown = world.principal(grant=uuid4())

    async def refused(caller: Principal, grant: object) -> None:
        async with world.call(caller) as client:
            for answer in (
                await client.get(f"/v1/grants/{grant}/snapshot"),
                await client.get(f"/v1/grants/{grant}/changes"),
                await client.post(f"/v1/grants/{grant}/lookup", json={"keys": [credit_code(1)]}),
            ):
                assert (answer.status_code, answer.json()["code"]) == (404, "not-found")

    for caller in (later, ended, revoked, thief, unknown):
        await refused(caller, caller.grant)
    await refused(without, holder.grant)
    other = await world.grant(*THREE)
    await refused(other, holder.grant)
    assert (await world.look_up(holder, credit_code(1))).status_code == 200


async def test_before_anything_is_published_a_grant_sees_an_empty_resource(world: World) -> None:
    holder = await world.grant(*THREE)
    snapshot = (await world.ask(holder, "snapshot")).json()
    assert (snapshot["sequence"], snapshot["files"]) == (0, [])
    changes = (await world.ask(holder, "changes")).json()
    assert (changes["to"], changes["batches"]) == (0, [])
    ahead = await world.ask(holder, "changes", after="5")
    assert (ahead.status_code, ahead.json()["code"]) == (400, "sequence-ahead")
    looked = await world.look_up(holder, credit_code(1))
    assert (looked.status_code, looked.json()["code"]) == (409, "nothing-published")


async def test_a_key_that_cannot_be_stored_disturbs_nobody_elses_look_up(world: World) -> None:
    await world.publish(table(*range(3)))
    holder = await world.grant("uscc", "city")
    bad, good = await asyncio.gather(
        world.look_up(holder, "a\0b"), world.look_up(holder, credit_code(1))
    )
    assert (bad.status_code, bad.json()["code"]) == (422, "malformed")
    assert (good.status_code, len(good.json()["rows"])) == (200, 1)


@pytest.mark.duty("D17", "baoji-2017 §16")
async def test_a_lookup_says_source_and_date_and_brings_granted_items_only(world: World) -> None:
    await world.publish(table(*range(5)))
    holder = await world.grant("uscc", "city")
    answer = await world.look_up(holder, credit_code(3), "没有这个", f" {credit_code(1).lower()} ")
    found = answer.json()
    assert found["rows"] == [
        {"uscc": credit_code(3), "city": "苏州"},
        {"uscc": credit_code(1), "city": "苏州"},
    ]
    assert found["source"]["name"] == "企业法人登记信息"
    assert found["source"]["department_name"] == "示例市市场监督管理局"
    assert found["source"]["data_at"]


async def test_the_gateway_gets_a_keyed_digest_of_the_keys_and_never_the_keys(
    world: World,
) -> None:
    await world.publish(table(1, 2))
    one, other = await world.grant(*THREE), await world.grant(*THREE)
    digests = [
        (await world.look_up(holder, key)).headers["x-huitong-keys-digest"]
        for holder, key in (
            (one, credit_code(1)),
            (other, credit_code(1)),
            (one, credit_code(2)),
        )
    ]
    assert digests[0] == digests[1] != digests[2]
    assert len(digests[0]) == 64


@pytest.mark.parametrize(
    "body",
    [{}, {"keys": []}, {"keys": [1]}, {"keys": ["x"] * 1001}, {"keys": ["x"], "limit": 1}, []],
)
async def test_a_malformed_lookup_is_refused_without_an_echo(world: World, body: object) -> None:
    holder = await world.grant(*THREE)
    async with world.call(holder) as client:
        answer = await client.post(f"/v1/grants/{holder.grant}/lookup", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_who_may_not_see_the_key_may_not_ask_by_it_and_gets_pseudonyms(
    world: World,
) -> None:
    await world.publish(table(1, 2))
    one, other = await world.grant("name", "city"), await world.grant("name", "city")
    asked = await world.look_up(one, credit_code(1))
    assert (asked.status_code, asked.json()["code"]) == (409, "key-not-granted")
    mine = await frame(world, (await world.ask(one, "snapshot")).json()["files"])
    theirs = await frame(world, (await world.ask(other, "snapshot")).json()["files"])
    again = await frame(world, (await world.ask(one, "changes")).json()["batches"][0]["files"])
    assert "uscc" not in mine.columns
    assert set(mine["_key"]) == set(again["_key"])
    assert not set(mine["_key"]) & set(theirs["_key"])


async def test_lookups_need_their_permission(world: World) -> None:
    holder = await world.grant(*THREE)
    poor = world.principal(Permission.DATA_READ, department=holder.department, grant=holder.grant)
    answer = await world.look_up(poor, credit_code(1))
    assert (answer.status_code, answer.json()["code"]) == (403, "permission-missing")


async def test_a_new_shape_of_the_data_begins_a_new_epoch(world: World) -> None:
    await world.publish(table(1, 2))
    holder = await world.grant(*THREE)
    await world.ask(holder, "snapshot")
    await world.look_up(holder, credit_code(1))
    items = [
        *(item for item in ENTERPRISES if item.code != "capital"),
        Item(code="staff", name="从业人数", type=ItemType.INTEGER),
    ]
    await world.catalogue(items)
    header = ",".join(item.name for item in items)
    rows = f"{header}\n甲,{credit_code(1)},2002-1-1,南京,12\n".encode()
    refused = await world.publish(rows, key="batch-0002", mode="delta")
    assert refused["refusal"]["code"] == "delta-needs-snapshot"
    batch = await world.publish(rows, key="batch-0003")
    assert (batch["epoch"], batch["sequence"]) == (2, 2)
    manifest = (await world.ask(holder, "snapshot")).json()
    assert (manifest["epoch"], manifest["rows"]) == (2, 1)
    changes = (await world.ask(holder, "changes", after="1")).json()
    assert (changes["epoch"], changes["batches"][0]["rows"]) == (2, 1)
    [row] = (await world.look_up(holder, credit_code(1))).json()["rows"]
    assert row == {"name": "甲", "uscc": credit_code(1), "city": "南京"}


async def test_a_compatible_catalogue_version_goes_on_in_the_same_epoch(world: World) -> None:
    await world.publish(table(1, 2))
    await world.catalogue(list(reversed(ENTERPRISES)))
    batch = await world.publish(table(1, 2, 3), key="batch-0002")
    assert (batch["epoch"], batch["sequence"], batch["changed"]) == (1, 2, 1)
    holder = await world.grant(*THREE)
    [row] = (await world.look_up(holder, credit_code(3))).json()["rows"]
    assert row["city"] == "苏州"


async def test_a_resource_out_of_the_catalogue_or_without_a_key_takes_no_batch(
    world: World,
) -> None:
    await world.catalogue([item.model_copy(update={"key": False}) for item in ENTERPRISES])
    answer = await world.hand_in(table(1))
    assert (answer.status_code, answer.json()["code"]) == (409, "resource-takes-no-batches")


async def test_an_altered_address_opens_nothing(world: World) -> None:
    await world.publish(table(1))
    holder = await world.grant(*THREE)
    [file] = (await world.ask(holder, "snapshot")).json()["files"]
    token = str(file["url"]).rpartition("/")[2]
    suite, key = world.vault.suite, world.settings.door
    assert addresses.open_address(token, key, suite).grant == holder.grant
    for altered in (token[:-2], "B" + token[1:], token + "AA", "", "%2F", "中"):
        with pytest.raises(AddressUnknown):
            addresses.open_address(altered, key, suite)


async def test_grants_of_the_same_items_share_their_files(world: World) -> None:
    await world.publish(table(1))
    one, other = await world.grant(*THREE), await world.grant(*THREE)
    for holder in (one, other, one):
        await world.ask(holder, "snapshot")
    views = list((world.settings.storage / "views").iterdir())
    assert len(views) == 1
    assert len(list(views[0].iterdir())) == 1
