"""Named mappings: what other products call things, kept by the authority, tried before use."""

from typing import Any

import httpx
import pytest

from tests.catalog.imports import hand_in, lines, problems, result, send
from tests.catalog.spreadsheets import sheet, texts, workbook
from tests.catalog.world import Json, World, divisions, refused, told

MAPPING: Json = {
    "product": "某省目录系统 3.2",
    "columns": {
        "序号": "external_id",
        "资源名": "name",
        "共享": "share_type",
        "周期": "update_cycle",
    },
    "values": {
        "share_type": {"1": "有条件共享", "2": "无条件共享"},
        "update_cycle": {"05": "monthly"},
    },
}


async def write(
    world: World, body: Json = MAPPING, by: Any = None, name: str = "province-3", **headers: str
) -> httpx.Response:
    """Write a mapping, as the authority where nobody else is named."""
    client = world.as_(by or world.publisher)
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return await client.put(f"/v1/mappings/{name}", json=body, headers=named)


async def test_the_authority_keeps_mappings_and_every_version_of_them(world: World) -> None:
    first = await write(world)
    assert told(first, 201)["number"] == 1
    assert first.headers["ETag"] == '"1"'
    assert told(first, 201)["values"]["share_type"] == {"1": "conditional", "2": "unconditional"}
    assert told(await write(world), 200)["number"] == 1
    changed = {**MAPPING, "values": {"share_type": {"1": "unconditional"}}}
    refused(await write(world, changed, If_Match='"7"'), 412, "mapping-changed")
    assert told(await write(world, changed, If_Match='"1"'), 200)["number"] == 2
    reader = world.as_(world.stranger)
    assert told(await reader.get("/v1/mappings/province-3"), 200)["number"] == 2
    old = told(await reader.get("/v1/mappings/province-3", params={"version": 1}), 200)
    assert old["values"]["share_type"]["2"] == "unconditional"
    history = told(await reader.get("/v1/mappings/province-3/versions"), 200)["items"]
    assert [version["number"] for version in history] == [2, 1]
    assert len(told(await reader.get("/v1/mappings"), 200)["items"]) == 1
    said = [e["type"] for e in await world.said()]
    assert said.count("catalog.mapping-written.v1") == 2


async def test_nobody_but_an_authority_writes_one(world: World) -> None:
    refused(await write(world, by=world.compiler), 403, "mapping-not-the-authority")
    reader = world.as_(world.compiler)
    refused(await reader.get("/v1/mappings/province-3"), 404, "mapping-unknown")
    refused(await reader.get("/v1/mappings/province-3/versions"), 404, "mapping-unknown")


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"columns": {"x": "nonsense"}}, "columns.x", "field-unknown"),
        ({"columns": {"x y": "name", "ＸＹ": "abstract"}}, "columns.ＸＹ", "repeated"),
        ({"values": {"nonsense": {"1": "x"}}}, "values.nonsense", "field-unknown"),
        ({"values": {"share_type": {"1": "gratis"}}}, "values.share_type.1", "word-unknown"),
        ({"values": {"items.key": {"Y": "maybe"}}}, "values.items.key.Y", "word-unknown"),
        (
            {"values": {"share_type": {"A": "conditional", "a": "not-shared"}}},
            "values.share_type.a",
            "repeated",
        ),
    ],
)
async def test_a_mapping_that_means_nothing_is_refused(
    world: World, body: Json, field: str, code: str
) -> None:
    problem = refused(await write(world, {"product": "p", **body}), 409, "mapping-refused")
    assert [(e["field"], e["code"]) for e in problem["errors"]] == [(field, code)]


async def test_an_import_goes_by_the_mapping_as_it_was_when_it_came_in(world: World) -> None:
    told(await write(world), 201)
    body = workbook(
        {"x": sheet(texts(1, "序号", "资源名", "共享"), texts(2, "7", "公共停车场名录", "2"))}
    )
    answer = await hand_in(world, body, mapping="province-3", unfinished=True)
    assert told(answer, 202)["mapping"] == "province-3@1"
    reversed_ = {**MAPPING, "values": {"share_type": {"2": "有条件共享"}}}
    told(await write(world, reversed_), 200)
    job = await result(world, answer)
    assert job["state"] == "applied", await problems(world, job)
    (draft,) = (await world.listing())["items"]
    assert draft["share_type"] == "unconditional"


async def test_the_codes_of_a_system_are_translated_too(world: World) -> None:
    told(await write(world), 201)
    record = divisions(share_type=2, update_cycle="05")
    record["序号"], record["资源名"] = "MR-1", record.pop("name")
    job = await result(world, await send(world, lines(record), mapping="province-3"))
    assert job["state"] == "applied", await problems(world, job)
    (draft,) = (await world.listing())["items"]
    assert (draft["share_type"], draft["update_cycle"]) == ("unconditional", "monthly")


async def test_a_mapping_is_tried_on_rows_before_it_is_kept(world: World) -> None:
    body = {
        **MAPPING,
        "headings": ["资源名", "共享", "信息资源摘要", "负责人"],
        "rows": [["公共停车场名录", "2", "摘要", "x"], ["公园名录", "9", "", ""]],
    }
    answer = await world.as_(world.stranger).post("/v1/mappings/preview", json=body)
    first, second = told(answer, 200)["rows"]
    assert [(cell["field"], cell["told"]) for cell in first] == [
        ("name", "公共停车场名录"),
        ("share_type", "unconditional"),
        ("abstract", "摘要"),
        (None, None),
    ]
    assert second[1]["code"] == "not-in-list"
    reader = world.as_(world.stranger)
    assert told(await reader.get("/v1/mappings"), 200)["items"] == []
