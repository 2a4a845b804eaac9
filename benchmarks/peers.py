"""What the platform is compared with: COPY, sendfile and prepared statements, in the same run."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg

from benchmarks.rows import ITEMS, credit_code
from deploy.local.processes import Surroundings
from shared import db

_SQL = {"C": "text", "D": "date", "Y": "text"}
_TABLE = "lookup.benchmark_peer"
_SELECT = "SELECT * FROM lookup.benchmark_peer WHERE uscc = {}"


async def copy(around: Surroundings, path: Path) -> float:
    """Rows a second of a plain COPY of the same file into the same PostgreSQL, without index."""
    connection = await asyncpg.connect(**db.asyncpg_arguments(around.databases["exchange"]))
    columns = ", ".join(f"{item['code']} {_SQL[str(item['type'])]}" for item in ITEMS)
    try:
        await connection.execute(f"DROP TABLE IF EXISTS {_TABLE}")
        await connection.execute(f"CREATE TABLE {_TABLE} ({columns})")
        began = time.perf_counter()
        schema, _, table = _TABLE.partition(".")
        told = await connection.copy_to_table(
            table, schema_name=schema, source=path, format="csv", header=True
        )
        took = time.perf_counter() - began
        await connection.execute(f"CREATE UNIQUE INDEX ON {_TABLE} (uscc)")
        await connection.execute(f"ANALYZE {_TABLE}")
        return int(told.split()[-1]) / took
    finally:
        await connection.close()


def drop(around: Surroundings) -> None:
    """Remove what `copy` made."""

    async def gone() -> None:
        connection = await asyncpg.connect(**db.asyncpg_arguments(around.databases["exchange"]))
        await connection.execute(f"DROP TABLE IF EXISTS {_TABLE}")
        await connection.close()

    asyncio.run(gone())


async def prepared(around: Surroundings, rows: int, seconds: float) -> tuple[str, float]:
    """The peer's name and lookups a second by key in the table that `copy` made.

    pgbench where it is installed, else asyncpg's prepared statements on eight connections.
    """
    arguments = db.asyncpg_arguments(around.databases["exchange"])
    if shutil.which("pgbench"):
        return "pgbench -M prepared", await asyncio.to_thread(_pgbench, arguments, rows, seconds)
    count = 0
    until = time.perf_counter() + seconds

    async def one(start: int) -> None:
        nonlocal count
        connection = await asyncpg.connect(**arguments)
        statement = await connection.prepare(_SELECT.format("$1"))
        number = start
        while time.perf_counter() < until:
            await statement.fetchrow(credit_code(number % rows))
            number += 997
            count += 1
        await connection.close()

    await asyncio.gather(*(one(n * 1000) for n in range(8)))
    return "asyncpg prepared", count / seconds


def _pgbench(arguments: dict[str, object], rows: int, seconds: float) -> float:
    keys = ", ".join(f"'{credit_code(n * 7919 % rows)}'" for n in range(500))
    script = f"\\set n random(1, 500)\nSELECT * FROM {_TABLE} WHERE uscc = (ARRAY[{keys}])[:n];\n"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        told = subprocess.run(
            [
                shutil.which("pgbench") or "pgbench",
                *("-M", "prepared", "-n", "-c", "8", "-j", "2", "-T", str(int(seconds))),
                *("-f", file.name, "-h", str(arguments["host"]), "-p", str(arguments["port"])),
                *("-U", str(arguments["user"]), str(arguments["database"])),
            ],
            env={**os.environ, "PGPASSWORD": str(arguments["password"])},
            pass_fds=_socket_folder(arguments),
            capture_output=True,
            text=True,
            check=True,
        )
    [line] = [line for line in told.stdout.splitlines() if line.startswith("tps = ")]
    return float(line.split()[2])


def _socket_folder(arguments: dict[str, object]) -> tuple[int, ...]:
    """The open folder that a long socket path is reached through, for the child as well."""
    host = str(arguments["host"])
    return (int(host.rpartition("/")[2]),) if host.startswith("/proc/self/fd/") else ()


@contextlib.contextmanager
def file_server(path: Path) -> Iterator[tuple[str, str]]:
    """Something that serves the file by its name with sendfile: what it is, and `host:port`.

    nginx where it is installed, else a process of our own.
    """
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if nginx is None:
        with sendfile_server(path) as address:
            yield "sendfile of our own, for no nginx is here", address
        return
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        kept = "".join(
            f"{kind}_temp_path {folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        told = Path(folder) / "nginx.conf"
        told.write_text(
            # One process, and of whoever runs this: the file is its own.
            f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;\n"
            f"events {{}}\nhttp {{ access_log off; sendfile on;\n{kept}"
            f"server {{ listen 127.0.0.1:{port}; root {path.parent}; }} }}\n"
        )
        command = [nginx, "-e", f"{folder}/log", "-c", str(told)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                _until_there(port)
                yield "nginx sendfile", f"127.0.0.1:{port}"
            finally:
                process.terminate()


def _until_there(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise RuntimeError("nginx did not come up")


@contextlib.contextmanager
def sendfile_server(path: Path) -> Iterator[str]:
    """A process that answers every request with the file by sendfile; its `host:port`."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    child = os.fork()
    if child == 0:
        _send_for_ever(listening, path)
    listening.close()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def _send_for_ever(listening: socket.socket, path: Path) -> None:
    size = path.stat().st_size
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % size
    while True:
        connection, _ = listening.accept()
        with connection, path.open("rb") as file:
            connection.recv(65536)
            connection.sendall(head)
            connection.sendfile(file)


def fetch(address: str, target: str) -> tuple[int, float]:
    """Read one answer to the end and keep nothing: its body's bytes, and seconds."""
    host, _, port = address.rpartition(":")
    buffer = bytearray(1 << 20)
    began = time.perf_counter()
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            f"GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.split(b"\r\n")[0].decode())
        count = len(head) - head.find(b"\r\n\r\n") - 4
        while received := connection.recv_into(buffer):
            count += received
    return count, time.perf_counter() - began
