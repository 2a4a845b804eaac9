"""The whole platform in one event loop: the gateway on a port, services on sockets, workers."""

import asyncio
import contextlib
import importlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson

from deploy.local.processes import BEHIND_THE_GATEWAY, PROCESSES
from gateway.app import create_app
from gateway.bootstrap import bootstrap
from gateway.settings import GatewaySettings
from shared import process
from shared.background import end
from shared.settings import Settings
from tests import log_ins
from tests.gateway.conftest import serving
from tests.told import SettingsFor

# What comes over the wire; a test that reads it says what it expects.
Json = dict[str, Any]


@dataclass
class Whole:
    """A running platform: its address, the credentials of its people, its parts' settings."""

    url: str
    credentials: Json
    settings: dict[str, Settings]
    http: httpx.AsyncClient

    def department(self, short_name: str) -> str:
        """A department's id."""
        return str(self.credentials["departments"][short_name]["department"])

    def machine(self, short_name: str, kind: str) -> Json:
        """A machine's id and secret."""
        machines = self.credentials["departments"][short_name]["clients"].values()
        return dict(next(m for m in machines if m["kind"] == kind))

    async def machine_token(self, short_name: str, kind: str) -> str:
        """A machine's access token."""
        machine = self.machine(short_name, kind)
        return await log_ins.machine_token(
            self.http, machine["client_id"], machine["client_secret"]
        )

    async def person_token(self, short_name: str, username: str) -> str:
        """A person's access token."""
        operators = self.credentials["departments"][short_name]["operators"]
        return await log_ins.person_token(self.http, username, operators[username]["password"])


@contextlib.asynccontextmanager
async def running(
    settings_for: SettingsFor, document: Path, folder: Path, **chosen: Any
) -> AsyncIterator[Whole]:
    """All parts of the platform for the block, filled from the document of departments."""
    bound = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    told = {part: settings_for(part, **chosen) for part in BEHIND_THE_GATEWAY}
    gateway = settings_for("gateway", public_url=url, **chosen)
    assert isinstance(gateway, GatewaySettings)
    told["gateway"] = gateway
    credentials = folder / "credentials.json"
    await bootstrap(gateway, document, credentials)
    async with contextlib.AsyncExitStack() as stack:
        for name in BEHIND_THE_GATEWAY:
            made = _found(f"services.{name}.app:create_app")(told[name])
            inner = stack.enter_context(process.listening(told[name].listen))
            await stack.enter_async_context(serving(made, inner))
        workers = [p for p in PROCESSES if p.kind == "work" and p.name.endswith("-worker")]
        tasks = [asyncio.create_task(_found(w.target)(told[w.part])) for w in workers]
        stack.push_async_callback(_ended, tasks)
        await stack.enter_async_context(serving(create_app(gateway), bound))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=60))
        yield Whole(url, orjson.loads(credentials.read_bytes()), told, http)


def _found(target: str) -> Callable[..., Any]:
    module, _, name = target.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


async def _ended(tasks: list["asyncio.Task[None]"]) -> None:
    await end(*tasks)
