"""A department's own system: answers by path, fails as it is told, remembers what it was asked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

HOUSEHOLD = b'{"name": "\xe7\xa4\xba\xe4\xbe\x8b\xe4\xbc\x81\xe4\xb8\x9a"}'


@dataclass
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """What is answered: `stall` seconds late, or `broken` off before its end, or not at all."""

    status: int = 200
    body: bytes = HOUSEHOLD
    headers: dict[str, str] = field(default_factory=dict)
    stall: float = 0.0
    broken: bool = False
    silent: bool = False


@dataclass
class System:
    """It answers `usual`, after what is `next` in the list of a path."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    next: list[Answer] = field(default_factory=list)
    usual: Answer = field(default_factory=Answer)
    by_path: dict[str, Answer] = field(default_factory=dict)
    # Set when it is asked for the first time.
    first: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def host(self) -> str:
        """How it is named in the settings."""
        return f"127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, and close."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._answer(await self._read(reader), writer)
        writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Asked:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, target, _ = lines[0].split(" ")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        raw = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        headers["authorization"] = raw.get("Authorization", "")
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        asked = Asked(method, target, headers, body)
        self.asked.append(asked)
        self.first.set()
        return asked

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        path = asked.target.partition("?")[0]
        found = self.by_path.get(path) or (self.next.pop(0) if self.next else self.usual)
        await asyncio.sleep(found.stall)
        if found.silent:
            return
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(found.body)),
            "Connection": "close",
            "Set-Cookie": "session=1",
            "Server": "old",
            **found.headers,
        }
        lines = [f"HTTP/1.1 {found.status} x", *(f"{k}: {v}" for k, v in headers.items())]
        whole = "\r\n".join([*lines, "", ""]).encode() + found.body
        writer.write(whole[: len(whole) // 2] if found.broken else whole)
        await writer.drain()


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[System]:
    """It listens on a port of its own for the block."""
    system = System()
    server = await asyncio.start_server(system.serve, "127.0.0.1", 0)
    system.port = server.sockets[0].getsockname()[1]
    async with server:
        yield system
