"""Handing in many entries in a test, and carrying the import out as the worker would."""

import io
from typing import Any

import orjson

from services.catalog.base import Base
from services.catalog.bulk import queue
from services.catalog.entry import Entry
from services.catalog.installation import Installation
from services.catalog.settings import CatalogSettings
from services.catalog.workbook.media import XLSX
from services.catalog.workbook.template import Form
from shared.ids import new_id
from shared.principal import Principal
from shared.worker import Working
from tests.catalog.entries import book
from tests.catalog.world import Json, World, told

UNUSED: Any = None  # The queue asks its worker for nothing of the bus.


def working(world: World) -> Working:
    """What a worker has at hand, over the world's database."""
    settings: CatalogSettings = world.app.state.settings
    return Working("catalog", Base, settings, world.sessions, UNUSED)


async def work(world: World) -> int:
    """Carry out the imports that wait, as the worker does."""
    here: Installation = world.app.state.installation
    return await queue.work(working(world), here)


def filled(*entries: tuple[str, Entry], rulebook: str = "baoji-2017") -> bytes:
    """A workbook with these entries, each under its identifier."""
    file = io.BytesIO()
    form = Form(file, book(rulebook))
    form.add(entries)
    form.close()
    return file.getvalue()


def lines(*records: Json) -> bytes:
    """Records as JSON lines."""
    return b"\n".join(orjson.dumps(record) for record in records)


async def hand_in(
    world: World,
    body: bytes,
    by: Principal | None = None,
    key: str | None = None,
    **params: str | bool,
) -> Any:
    """Hand in a workbook; the answer."""
    return await world.as_(by or world.compiler).post(
        "/v1/catalogue/workbook",
        content=body,
        params=params,
        headers={"Idempotency-Key": key or f"key-{new_id()}", "Content-Type": XLSX},
    )


async def send(
    world: World,
    body: bytes,
    by: Principal | None = None,
    key: str | None = None,
    kind: str = "application/x-ndjson",
    **params: str | bool,
) -> Any:
    """Send entries from a system; the answer."""
    return await world.as_(by or world.compiler).put(
        "/v1/catalogue/entries",
        content=body,
        params=params,
        headers={"Idempotency-Key": key or f"key-{new_id()}", "Content-Type": kind},
    )


async def result(world: World, answer: Any, by: Principal | None = None) -> Json:
    """What became of an import that was just handed in, carried out."""
    identity = told(answer, 202)["id"]
    await work(world)
    client = world.as_(by or world.compiler)
    return told(await client.get(f"/v1/imports/{identity}"), 200)


async def problems(world: World, job: Json, by: Principal | None = None) -> list[Json]:
    """The report of an import."""
    client = world.as_(by or world.compiler)
    page = told(await client.get(f"/v1/imports/{job['id']}/problems", params={"limit": 200}), 200)
    return list(page["items"])


async def outcomes(world: World, job: Json) -> dict[str, str]:
    """What became of each entry, by its identifier."""
    client = world.as_(world.compiler)
    page = told(await client.get(f"/v1/imports/{job['id']}/entries", params={"limit": 200}), 200)
    return {entry["key"]: entry["outcome"] for entry in page["items"]}
