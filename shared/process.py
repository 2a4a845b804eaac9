"""Run one process of the platform: `python -m shared.process serve|work module:name`.

Everything it is told comes from the environment (shared/settings.py).
"""

import asyncio
import contextlib
import gc
import importlib
import os
import resource
import signal
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn

from shared import logs, production, sockets, tls
from shared.connections import connection

_GRACE_SECONDS = 10
_FILES = 65_536
# Objects, and then rounds of the younger generation, between two searches for garbage.
_GARBAGE = (20_000, 20, 50)


def serve(target: str) -> None:
    """Serve the ASGI application that `module:factory` makes, until SIGTERM."""
    level, listen = _told("HUITONG_LOG_LEVEL", "INFO"), _told("HUITONG_LISTEN", "127.0.0.1:8000")
    logs.install(level)
    production.check(target)
    factory = _find(target)
    config = uvicorn.Config(
        factory,
        factory=True,
        loop="uvloop",
        # Behind a unix socket stands only the gateway, which has bounded its callers already.
        http="httptools" if listen.startswith("unix:") else connection,  # type: ignore[arg-type]
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # What a caller says of its own address is not believed.
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ssl_context_factory=_tls(listen),
        headers=_always(listen),
    )
    _open_many_files()
    with listening(listen) as bound:
        _Server(config).run(sockets=[bound])


class _Server(uvicorn.Server):
    """uvicorn's server, whose pauses for garbage stay short."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What stands now stands until the end: to walk through it again and again would pause
        # every request under way. What requests leave behind is mostly free of cycles.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_GARBAGE)


def _open_many_files() -> None:
    """Each connection is a file to the system, and its soft limit is often a thousand."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def work(target: str) -> None:
    """Run the coroutine function `module:run` until it ends or SIGTERM comes."""
    logs.install(_told("HUITONG_LOG_LEVEL", "INFO"))
    production.check(target)
    run: Callable[[], Awaitable[None]] = _find(target)

    async def main() -> None:
        task = asyncio.ensure_future(run())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    import uvloop  # here, because a parent that forks must not have started its threads

    uvloop.run(main())


@contextlib.contextmanager
def listening(address: str) -> Iterator[socket.socket]:
    """A socket bound to `unix:/path` (of any length) or `host:port`."""
    if address.startswith("unix:"):
        path = address.removeprefix("unix:")
        usable = sockets.short(path)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(usable)  # Left by a process that was killed.
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # The folder around it is 0700 as well; uvicorn's own binding would open it to all.
        before = os.umask(0o177)
        try:
            bound.bind(usable)
        finally:
            os.umask(before)
    else:
        host, _, port = address.rpartition(":")
        bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host.strip("[]"), int(port)))
    bound.setblocking(False)
    try:
        yield bound
    finally:
        bound.close()


def _always(listen: str) -> list[tuple[str, str]]:
    """What every answer says: that callers come back over https, where that is the address."""
    https = _told("HUITONG_PUBLIC_URL", "").startswith("https:") and not listen.startswith("unix:")
    return [("strict-transport-security", "max-age=31536000")] if https else []


def _tls(listen: str) -> Callable[..., ssl.SSLContext] | None:
    """The way to the TLS context of a server on the network, None where it speaks plainly."""
    certificate, key = _told("HUITONG_TLS_CERTIFICATE", ""), _told("HUITONG_TLS_KEY", "")
    client_ca = _told("HUITONG_TLS_CLIENT_CA", "")
    if not certificate or listen.startswith("unix:"):
        return None
    try:
        found = tls.Certificate(
            Path(certificate), Path(key), client_ca=Path(client_ca) if client_ca else None
        )
    except (OSError, ssl.SSLError) as error:
        sys.exit(f"HUITONG_TLS_CERTIFICATE, _KEY or _CLIENT_CA cannot be used: {error}")
    return lambda *_: found.context


def _told(name: str, otherwise: str) -> str:
    return os.environ.get(name, otherwise)


def _find(target: str) -> Any:  # the edge: a name from a command line
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def main() -> None:
    """The command line."""
    match sys.argv[1:]:
        case ["serve", target]:
            serve(target)
        case ["work", target]:
            work(target)
        case _:
            sys.exit("usage: python -m shared.process serve|work module:name")


if __name__ == "__main__":
    main()
