"""Delta Sharing over the running service: lists, versions, files and changes, under grants."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import orjson
import polars as pl
import pytest

from shared import clock
from shared.ids import new_id
from shared.principal import Principal
from tests.exchange.tables import ENTERPRISES, HEADER, credit_code, line
from tests.exchange.world import Json, World

THREE = ("name", "uscc", "city")
SHARE, SCHEMA = "示例市市场监督管理局", "企业法人登记信息"
ROOT = "/v1/delta-sharing"


def table(*numbers: int, city: str = "苏州") -> bytes:
    return "\n".join([HEADER, *(line(n, city=city) for n in numbers)]).encode()


def path(holder: Principal, operation: str) -> str:
    tables = f"/shares/{quote(SHARE)}/schemas/{quote(SCHEMA)}/tables"
    return f"{ROOT}{tables}/{holder.grant}/{operation}"


async def read(world: World, holder: Principal, operation: str, **query: Any) -> httpx.Response:
    async with world.cutting(), world.call(holder) as client:
        return await client.get(path(holder, operation), params=query)


async def ask(world: World, holder: Principal, body: Json | None = None) -> httpx.Response:
    async with world.cutting(), world.call(holder) as client:
        return await client.post(path(holder, "query"), json=body or {})


def lines(answer: httpx.Response) -> list[Json]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    assert "delta-sharing-capabilities" not in answer.headers
    return [orjson.loads(text) for text in answer.text.splitlines()]


async def frame(world: World, files: list[Json]) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(await world.opened(file)) for file in files])


async def test_grants_are_listed_as_tables_to_whom_they_are_given(world: World) -> None:
    holder = await world.grant(*THREE)
    again = await world.grant("name", "uscc")
    await world.grant(*THREE, valid_until=clock.now() - timedelta(seconds=1))
    async with world.call(holder) as client:
        assert (await client.get(f"{ROOT}/shares")).json() == {"items": [{"name": SHARE}]}
        share = f"{ROOT}/shares/{quote(SHARE)}"
        assert (await client.get(share)).json() == {"share": {"name": SHARE}}
        schemas = (await client.get(f"{share}/schemas")).json()
        assert schemas == {"items": [{"name": SCHEMA, "share": SHARE}]}
        named = {"name": str(holder.grant), "schema": SCHEMA, "share": SHARE}
        assert (await client.get(f"{share}/all-tables")).json() == {"items": [named]}
        tables = await client.get(f"{share}/schemas/{quote(SCHEMA)}/tables")
        assert tables.json() == {"items": [named]}
        unknown = await client.get(f"{ROOT}/shares/{quote('别的局')}/schemas")
        assert (unknown.status_code, unknown.json()["errorCode"]) == (404, "not-found")
    await world.narrow(again, new_id())
    async with world.call(again) as client:
        assert (await client.get(f"{ROOT}/shares")).json() == {"items": []}


async def test_a_list_comes_in_pages_until_its_end(world: World) -> None:
    holders = [await world.grant(*THREE)]
    for _ in range(4):
        other = await world.grant(*THREE, grantee=holders[0].department)
        holders.append(other)
    seen: list[str] = []
    query = {"maxResults": "2"}
    async with world.call(holders[0]) as client:
        while True:
            answer = await client.get(f"{ROOT}/shares/{quote(SHARE)}/all-tables", params=query)
            seen += [item["name"] for item in answer.json()["items"]]
            if "nextPageToken" not in answer.json():
                break
            query["pageToken"] = answer.json()["nextPageToken"]
        foreign = await client.get(f"{ROOT}/shares", params={"pageToken": "zz"})
    assert sorted(seen) == sorted(str(holder.grant) for holder in holders)
    assert (foreign.status_code, foreign.json()["errorCode"]) == (400, "cursor-invalid")


@pytest.mark.duty("D16", "baoji-2017 §18")
@pytest.mark.duty("D17", "baoji-2017 §16")
async def test_a_table_holds_what_the_grant_names_as_of_each_version(world: World) -> None:
    holder = await world.grant(*THREE)
    empty = await ask(world, holder)
    assert (empty.headers["delta-table-version"], len(lines(empty))) == ("0", 2)
    await world.publish(table(1, 2, 3))
    before = clock.now()
    await world.publish(table(2, 3, 4, 5, city="南京"), key="batch-0002")
    answer = await ask(world, holder)
    protocol, metadata, *files = lines(answer)
    assert answer.headers["delta-table-version"] == "2"
    assert protocol == {"protocol": {"minReaderVersion": 1}}
    assert metadata["metaData"]["partitionColumns"] == []
    assert SHARE in metadata["metaData"]["description"]
    schema = orjson.loads(metadata["metaData"]["schemaString"])
    assert {field["name"] for field in schema["fields"]} == set(THREE)
    got = await frame(world, [line["file"] for line in files])
    assert set(got.columns) == set(THREE)
    assert sorted(got["uscc"]) == sorted(credit_code(n) for n in (2, 3, 4, 5))
    for asked in ({"version": 1}, {"timestamp": before.isoformat()}):
        old = await ask(world, holder, asked)
        assert old.headers["delta-table-version"] == "1"
        then = await frame(world, [line["file"] for line in lines(old)[2:]])
        assert sorted(then["uscc"]) == sorted(credit_code(n) for n in (1, 2, 3))
    version = await read(world, holder, "version", startingTimestamp=before.isoformat())
    assert (version.text, version.headers["delta-table-version"]) == ("", "2")
    described = await read(world, holder, "metadata")
    assert lines(described)[1]["metaData"]["id"] == metadata["metaData"]["id"]


async def test_changes_carry_their_kind_version_and_moment(world: World) -> None:
    holder = await world.grant(*THREE)
    await world.publish(table(1, 2))
    await world.publish(table(2, 3, city="南京"), key="batch-0002")
    answer = await read(world, holder, "changes", startingVersion=1)
    files = [line["cdf"] for line in lines(answer)[2:]]
    assert [file["version"] for file in files] == [1, 2]
    assert all(file["timestamp"] > 1e12 for file in files)
    second = await frame(world, files[1:])
    kinds = sorted(second["_change_type"].to_list())
    assert kinds == ["delete", "insert", "update_postimage", "update_preimage"]
    only = lines(await read(world, holder, "changes", startingVersion=1, endingVersion=1))
    assert [line["cdf"]["version"] for line in only[2:]] == [1]
    # Up to date is no error.
    assert len(lines(await read(world, holder, "changes", startingVersion=3))) == 2
    later = (clock.now() + timedelta(days=1)).isoformat()
    assert len(lines(await read(world, holder, "changes", startingTimestamp=later))) == 2


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "changes-unbounded"),
        ({"startingVersion": "9"}, "version-unknown"),
        ({"startingVersion": "2", "endingVersion": "1"}, "version-unknown"),
        ({"startingVersion": "x"}, "bad-request"),
        ({"startingVersion": "-1"}, "bad-request"),
        ({"startingVersion": "99999999999999999999999"}, "bad-request"),
        ({"startingTimestamp": "0001-01-01T00:00:00+08:00"}, "bad-request"),
    ],
    ids=["none", "ahead", "backwards", "text", "negative", "huge", "no moment"],
)
async def test_what_cannot_be_answered_is_400_in_the_protocols_shape(
    world: World, query: dict[str, str], code: str
) -> None:
    holder = await world.grant(*THREE)
    await world.publish(table(1))
    answer = await read(world, holder, "changes", **query)
    told = answer.json()
    assert (answer.status_code, told["errorCode"]) == (400, code)
    assert (told["message"], told["code"]) == (told["detail"], code)


async def test_a_version_that_was_recalled_is_served_to_nobody(world: World) -> None:
    holder = await world.grant(*THREE)
    await world.publish(table(1, 2))
    wrong = await world.publish(table(1, 2, 3), key="batch-0002")
    await world.correct(wrong["id"], "recall", {"reason": "日期列错位，已重新提交"})
    await world.work()
    refused = await ask(world, holder, {"version": 2})
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "version-recalled")
    again = await ask(world, holder)
    assert again.headers["delta-table-version"] == "3"
    got = await frame(world, [line["file"] for line in lines(again)[2:]])
    assert got.height == 2


async def test_data_of_another_shape_is_another_table_to_a_reader(world: World) -> None:
    holder = await world.grant(*THREE)
    await world.publish(table(1))
    first = lines(await read(world, holder, "metadata"))[1]["metaData"]["id"]
    items = [item for item in ENTERPRISES if item.code != "capital"]
    await world.catalogue(items)
    names = ",".join(item.name for item in items)
    rows = f"{names}\n甲,{credit_code(1)},2002-1-1,南京\n".encode()
    await world.publish(rows, key="batch-0002")
    second = lines(await read(world, holder, "metadata"))[1]["metaData"]["id"]
    assert second != first
    stale = await read(world, holder, "changes", startingVersion=1)
    assert (stale.status_code, stale.json()["errorCode"]) == (400, "version-unknown")
    old = await ask(world, holder, {"version": 1})
    assert (old.status_code, old.json()["errorCode"]) == (400, "version-unknown")


async def test_a_stranger_to_a_grant_finds_no_table(world: World) -> None:
    holder = await world.grant(*THREE)
    await world.publish(table(1))
    stranger = world.principal(grant=holder.grant)
    for operation in ("version", "metadata"):
        answer = await read(world, stranger, operation)
        assert (answer.status_code, answer.json()["errorCode"]) == (404, "not-found")
    assert (await ask(world, stranger)).status_code == 404
