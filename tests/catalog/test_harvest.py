"""Harvest: the catalogue of another platform becomes drafts, bounded and where it may stand."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest

from services.catalog.harvest import running
from services.catalog.settings import CatalogSettings
from shared import clock
from shared.ids import new_id
from tests.catalog.imports import work, working
from tests.catalog.world import Json, MakeWorld, World, refused, told

MANY = 130


def package(number: int, **changes: object) -> Json:
    """A dataset as CKAN tells it."""
    return {
        "id": f"3f0f7d5a-0000-4000-8000-{number:012d}",
        "name": f"parking-{number}",
        "title": f"公共停车场名录第{number}册",
        "notes": "停车场名称、地址和车位数。\r\n每月更新。",
        "state": "active",
        "private": False,
        "isopen": True,
        "license_id": "cc-by",
        "organization": {"name": "transport", "title": "示例市交通运输局"},
        "resources": [{"format": "XLS"}, {"format": "xls"}, {"format": "PDF"}],
        "extras": [{"key": "frequency", "value": "M"}],
        **changes,
    }


@dataclass
class Portal:
    """A platform elsewhere, on this machine: answers by path, and remembers what it was asked."""

    packages: list[Json] = field(default_factory=list)
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0
    first: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def host(self) -> str:
        """How it is named in the settings."""
        return f"127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://{self.host}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        target = head.split(" ")[1]
        self.asked.append(target)
        self.first.set()
        status, headers, body = self.answers.get(target.partition("?")[0], self._search(target))
        lines = [f"HTTP/1.1 {status} x", *(f"{k}: {v}" for k, v in headers.items())]
        lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        writer.close()

    def _search(self, target: str) -> tuple[int, dict[str, str], bytes]:
        if "package_search" not in target:
            return 404, {}, b""
        asked = httpx.URL(target).params
        start, count = int(asked["start"]), int(asked["rows"])
        result = {"count": len(self.packages), "results": self.packages[start : start + count]}
        body = orjson.dumps({"success": True, "result": result})
        return 200, {"Content-Type": "application/json"}, body


@pytest.fixture
async def portal() -> AsyncIterator[Portal]:
    """A platform elsewhere."""
    made = Portal()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


@pytest.fixture
async def near(world_of: MakeWorld, portal: Portal) -> World:
    """A catalogue that may harvest the portal."""
    hosts = frozenset({portal.host, "data.example.gov.cn"})
    return await world_of(
        "baoji-2017", harvest_hosts=hosts, harvest_inner_hosts=frozenset({portal.host})
    )


async def register(world: World, portal: Portal, by: Any = None, **changes: object) -> Any:
    """Register the portal as a source; the answer."""
    body = {"name": "示例市开放平台", "protocol": "ckan", "address": portal.address, **changes}
    return await world.as_(by or world.compiler).post(
        "/v1/harvest-sources", json=body, headers={"Idempotency-Key": f"key-{new_id()}"}
    )


async def harvest(world: World, source: str) -> Json:
    """Read what is due and carry the import out; the latest run of the source."""
    settings: CatalogSettings = world.app.state.settings
    await running.work(working(world), settings.harvest)
    await work(world)
    client = world.as_(world.compiler)
    return dict(told(await client.get(f"/v1/harvest-sources/{source}/runs"), 200)["items"][0])


async def again(world: World, source: str) -> Json:
    """Have the source read once more."""
    told(await world.as_(world.compiler).post(f"/v1/harvest-sources/{source}/run"), 200)
    return await harvest(world, source)


@pytest.mark.duty("D03", "baoji-2017 §9")
async def test_a_ckan_catalogue_becomes_drafts_of_the_department(
    near: World, portal: Portal
) -> None:
    portal.packages = [package(n) for n in range(MANY)]
    source = told(await register(near, portal), 201)["id"]
    run = await harvest(near, source)
    assert (run["state"], run["found"], run["sent"], run["gone"]) == ("done", MANY, MANY, 0)
    assert len(portal.asked) == 2
    job = told(await near.as_(near.compiler).get(f"/v1/imports/{run['import_id']}"), 200)
    assert (job["way"], job["state"], job["counts"]["created"]) == ("harvest", "applied", MANY)
    (draft, *_) = (await near.listing(limit=1))["items"]
    entry = told(await near.read(draft["id"]), 200)
    assert (entry["state"], entry["format"]) == ("draft", {"kind": "spreadsheet", "type": "xls"})
    assert entry["share_methods"] == ["platform-file"]
    assert entry["abstract"].endswith("\n每月更新。")
    assert entry["update_cycle"] is None
    refused(await near.submit(draft["id"]), 409, "entry-refused")


async def test_only_what_is_new_or_changed_comes_in_again(near: World, portal: Portal) -> None:
    portal.packages = [package(n) for n in range(3)]
    source = told(await register(near, portal), 201)["id"]
    await harvest(near, source)
    assert (await again(near, source))["sent"] == 0
    portal.packages = [package(0), package(1, title="公共停车场名录修订"), package(3)]
    run = await again(near, source)
    assert (run["found"], run["sent"], run["gone"]) == (3, 2, 1)
    job = told(await near.as_(near.compiler).get(f"/v1/imports/{run['import_id']}"), 200)
    assert (job["counts"]["created"], job["counts"]["changed"]) == (1, 1)
    client = near.as_(near.compiler)
    (gone,) = told(await client.get(f"/v1/harvest-sources/{source}/gone"), 200)["items"]
    assert gone["name"] == package(2)["title"]
    assert len((await near.listing())["items"]) == 4
    portal.packages = [package(n) for n in range(3)]
    await again(near, source)
    assert [
        g["name"]
        for g in told(await client.get(f"/v1/harvest-sources/{source}/gone"), 200)["items"]
    ] == [package(3)["title"]]


async def test_a_mapping_gives_the_sources_own_members_a_meaning(
    near: World, portal: Portal
) -> None:
    mapping = {
        "product": "CKAN",
        "columns": {"extras.frequency": "update_cycle", "isopen": "openness"},
        "values": {"update_cycle": {"M": "每月"}, "openness": {"True": "向社会开放"}},
    }
    authority = near.as_(near.publisher)
    told(await authority.put("/v1/mappings/ckan-open", json=mapping), 201)
    portal.packages = [package(1)]
    source = told(await register(near, portal, mapping="ckan-open"), 201)["id"]
    await harvest(near, source)
    (draft,) = (await near.listing())["items"]
    entry = told(await near.read(draft["id"]), 200)
    assert (entry["update_cycle"], entry["openness"]) == ("monthly", "open")
    mapping["values"]["update_cycle"]["M"] = "每季度"  # type: ignore[index]
    told(await authority.put("/v1/mappings/ckan-open", json=mapping), 200)
    assert (await again(near, source))["sent"] == 1
    assert told(await near.read(draft["id"]), 200)["update_cycle"] == "quarterly"


async def test_it_is_read_every_so_many_hours(near: World, portal: Portal) -> None:
    portal.packages = [package(1)]
    source = told(await register(near, portal, every_hours=6), 201)["id"]
    await harvest(near, source)
    await harvest(near, source)
    assert len(portal.asked) == 1
    with clock.turn(clock.now() + timedelta(hours=6)):
        await harvest(near, source)
    assert len(portal.asked) == 2


TURTLE = """
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
<https://data.example.gov.cn/d/1> a dcat:Dataset ; dct:title "Car parks"@en, "停车场名录"@zh ;
  dct:description "本市停车场"@zh ; dcat:distribution [ dct:format "CSV" ] .
[] a dcat:Dataset ; dct:title "无名" .
"""
REMOTE = b'{"@context": "http://x/"}'
JSON_LD = {
    "@context": {"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/"},
    "@id": "https://data.example.gov.cn/d/1",
    "@type": "dcat:Dataset",
    "dct:title": {"@value": "停车场名录", "@language": "zh"},
    "dcat:distribution": {"dcat:mediaType": "text/csv"},
}


@pytest.mark.parametrize(
    ("kind", "body"),
    [("text/turtle", TURTLE.encode()), ("application/ld+json", orjson.dumps(JSON_LD))],
)
async def test_a_dcat_document_becomes_drafts(
    near: World, portal: Portal, kind: str, body: bytes
) -> None:
    portal.answers["/catalog"] = 200, {"Content-Type": f"{kind}; charset=utf-8"}, body
    address = f"{portal.address}/catalog"
    source = told(await register(near, portal, protocol="dcat", address=address), 201)["id"]
    run = await harvest(near, source)
    assert (run["state"], run["found"]) == ("done", 1)
    (draft,) = (await near.listing())["items"]
    entry = told(await near.read(draft["id"]), 200)
    assert (entry["name"], entry["format"]["type"]) == ("停车场名录", "csv")


@pytest.mark.parametrize(
    ("status", "headers", "body", "reason"),
    [
        (500, {}, b"", "source-not-reached"),
        (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b", "source-not-reached"),
        (302, {"Location": "http://169.254.169.254/latest"}, b"", "source-not-allowed"),
        (302, {"Location": "file:///etc/passwd"}, b"", "source-not-allowed"),
        (302, {"Location": "/here"}, b"", "source-not-reached"),
        (
            200,
            {"Content-Type": "application/ld+json"},
            b'{"@context": "http://x/"}',
            "source-context-remote",
        ),
        (200, {"Content-Type": "text/turtle"}, b"<a> <b", "source-not-dcat"),
        (200, {"Content-Type": "text/html"}, b"<html>", "source-not-dcat"),
        (200, {}, b"", "source-without-datasets"),
        (200, {}, b"#" * ((8 << 20) + 1), "source-not-reached"),
    ],
    ids=["500", "packed", "inner", "file", "loop", "context", "turtle", "html", "empty", "large"],
)
async def test_a_source_that_answers_nonsense_fails_and_says_why(
    near: World, portal: Portal, status: int, headers: dict[str, str], body: bytes, reason: str
) -> None:
    portal.answers["/here"] = status, headers, body
    address = f"{portal.address}/here"
    source = told(await register(near, portal, protocol="dcat", address=address), 201)["id"]
    run = await harvest(near, source)
    assert (run["state"], run["reason"], run["import_id"]) == ("failed", reason, None)
    assert "169.254" not in (run["reason_en"] or "")
    assert (await near.listing())["items"] == []


async def test_a_source_stands_only_where_the_operators_allow(near: World, portal: Portal) -> None:
    for address in (
        "https://elsewhere.example.gov.cn",
        "http://127.0.0.1:1",
        f"http://user:secret@{portal.host}",
        f"ftp://{portal.host}",
        "http://[::1",
        f"http://{portal.host}\u3002",
    ):
        refused(await register(near, portal, address=address), 409, "source-not-allowed")
    assert portal.asked == []


async def test_a_name_that_resolves_to_an_inner_address_is_not_asked(
    world_of: MakeWorld, portal: Portal
) -> None:
    world = await world_of("baoji-2017", harvest_hosts=frozenset({portal.host}))
    source = told(await register(world, portal), 201)["id"]
    run = await harvest(world, source)
    assert (run["state"], run["reason"]) == ("failed", "source-not-allowed")
    assert portal.asked == []


async def test_a_stranger_cannot_tell_that_a_source_exists(near: World, portal: Portal) -> None:
    source = told(await register(near, portal), 201)["id"]
    stranger = near.as_(near.stranger)
    for path in ("", "/runs", "/gone"):
        answer = await stranger.get(f"/v1/harvest-sources/{source}{path}")
        refused(answer, 404, "harvest-source-unknown")
    for step in ("run", "end"):
        answer = await stranger.post(f"/v1/harvest-sources/{source}/{step}")
        refused(answer, 404, "harvest-source-unknown")
    assert told(await stranger.get("/v1/harvest-sources"), 200)["items"] == []


async def test_a_source_that_ended_is_read_no_more(near: World, portal: Portal) -> None:
    client = near.as_(near.compiler)
    source = told(await register(near, portal), 201)["id"]
    ended = told(await client.post(f"/v1/harvest-sources/{source}/end"), 200)
    assert ended["next_at"] is None
    settings: CatalogSettings = near.app.state.settings
    assert await running.work(working(near), settings.harvest) == 0
    for step in ("run", "end"):
        answer = await client.post(f"/v1/harvest-sources/{source}/{step}")
        refused(answer, 409, "harvest-source-ended")


async def test_a_run_that_is_broken_off_harms_nothing(near: World, portal: Portal) -> None:
    portal.packages = [package(n) for n in range(3)]
    source = told(await register(near, portal), 201)["id"]
    settings: CatalogSettings = near.app.state.settings
    dying = asyncio.create_task(running.work(working(near), settings.harvest))
    await asyncio.wait_for(portal.first.wait(), 10)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    run = await again(near, source)
    assert (run["state"], run["sent"]) == ("done", 3)
    client = near.as_(near.compiler)
    runs = told(await client.get(f"/v1/harvest-sources/{source}/runs"), 200)["items"]
    assert {r["state"] for r in runs} <= {"done", "failed"}
    assert len((await near.listing())["items"]) == 3
