"""A local installation: the state folder, what was chosen for it, and the servers in it."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.nats import Nats, free_port, is_free, users
from deploy.local.postgres import Cluster, roles
from deploy.local.processes import OWN_SETTINGS, PROCESSES, PUBLIC, Surroundings
from deploy.local.state import CHECKOUT, SERVICES, STATE_FOLDER, State, chosen_folder
from gateway.keys import new_key_pem
from shared import crypto

HOST = "HUITONG_HOST"
LOOPBACK = "127.0.0.1"
PORT, FILES_PORT, NATS_PORT = "HUITONG_PORT", "HUITONG_FILES_PORT", "HUITONG_NATS_PORT"
PORTS = {PORT: "8080", FILES_PORT: "8081"}
# The example departments are of a city of Jiangsu; another city names its own.
EXAMPLE = {"HUITONG_RULEBOOK": "jiangsu-2017", "HUITONG_REGION": "320200"}
WITH_EXAMPLE = "HUITONG_EXAMPLE"
# What is for `make` alone.
_OURS = frozenset({*PORTS, NATS_PORT, HOST, WITH_EXAMPLE})


class InstallationError(Exception):
    """The installation cannot be started as it was asked for; the sentence says why."""


@dataclass(frozen=True)
class Installation:
    """The state folder and the choices made for it: a setting given once stays until changed."""

    state: State
    choices: Mapping[str, str]

    @classmethod
    def here(cls) -> "Installation":
        """The installation of this checkout, with what the environment chooses; changes nothing."""
        state = State(chosen_folder())
        state.check_owner()
        choices = state.kept()
        choices |= {name: value for name, value in os.environ.items() if is_choice(name)}
        # An empty value takes a choice back.
        choices = {n: value for n, value in choices.items() if value}
        example = {} if choices.get(WITH_EXAMPLE) == "0" else EXAMPLE
        choices = {**PORTS, **example, **choices}
        for name in (*PORTS, NATS_PORT):
            port = choices.get(name, "1")
            if not port.isdecimal() or not 0 < int(port) < 65536:
                raise InstallationError(f"{name} must be a port number, not {port!r}.")
        return cls(state, choices)

    def check_ports(self) -> None:
        """Refuse a port that something else listens on, before anything is made."""
        for name in (PORT, FILES_PORT):
            port = int(self.choices[name])
            if not is_free(port):
                raise InstallationError(
                    f"Port {port} is in use by another program. Choose another: "
                    f"{name}={port + 1000} make up"
                )
        if self.choices[PORT] == self.choices[FILES_PORT]:
            raise InstallationError(f"{PORT} and {FILES_PORT} must differ.")

    def with_nats_port(self) -> "Installation":
        """The same with a port for NATS: the earlier one while it is free, else a free one."""
        kept = self.choices.get(NATS_PORT)
        if kept is not None and is_free(int(kept)):
            return self
        if kept is not None and os.environ.get(NATS_PORT):
            raise InstallationError(f"Port {kept} ({NATS_PORT}) is in use by another program.")
        return Installation(self.state, {**self.choices, NATS_PORT: str(free_port())})

    def keep(self) -> None:
        """Remember the choices."""
        self.state.keep(dict(self.choices))

    @property
    def credentials(self) -> Path:
        """The file with the passwords and secrets of the example departments, 0600."""
        return self.state.root / "credentials.json"

    @property
    def with_example(self) -> bool:
        """Whether the example departments are registered and the main job is run."""
        return self.choices.get(WITH_EXAMPLE) != "0"

    @property
    def public_url(self) -> str:
        """The gateway's address."""
        scheme = "https" if self.choices.get("HUITONG_TLS_CERTIFICATE") else "http"
        here = f"{scheme}://{self._host}:{self.choices[PORT]}"
        return self.choices.get("HUITONG_PUBLIC_URL", here)

    @property
    def _host(self) -> str:
        return self.choices.get(HOST, LOOPBACK)

    def cluster(self) -> Cluster:
        """The embedded PostgreSQL."""
        return Cluster.at(self.state.postgres, self.state.secret("postgres-admin"))

    def role_passwords(self) -> dict[str, str]:
        """The password of every role of PostgreSQL but the superuser."""
        return {role: self.state.secret(f"postgres-{role}") for role in roles()}

    def nats(self) -> Nats:
        """The embedded NATS."""
        passwords = {user: self.state.secret(f"nats-{user}") for user in users()}
        return Nats.at(self.state.nats, int(self.choices[NATS_PORT]), passwords)

    def surroundings(self, cluster: Cluster, bus: Nats) -> Surroundings:
        """What the processes find around them."""
        state = self.state
        passwords = self.role_passwords()
        suite = crypto.suite(self.choices.get("HUITONG_CRYPTO_SUITE", "standard"))

        def log_key() -> str:
            return suite.generate_signer().pem().decode()

        return Surroundings(
            databases={
                part: cluster.dsn(
                    f"huitong_{part}", passwords[f"huitong_{part}"], f"huitong_{part}"
                )
                for part in SERVICES
            },
            buses={part: bus.dsn(part) for part in SERVICES},
            passport_keys={part: state.secret(f"passport-{part}") for part in SERVICES},
            run=state.run,
            storage=state.folder("exchange"),
            search_index=state.folder("catalog/search"),
            spool=state.folder("gateway/spool"),
            signing_key_file=state.secret_file("gateway-signing-key.pem", new_key_pem),
            second_factor_key=state.secret("gateway-second-factor-key"),
            log_key_file=state.secret_file("audit-log-key.pem", log_key),
            master_key=state.secret("exchange-master-key"),
            door_key=state.secret("exchange-door-key"),
            gateway=f"{self._host}:{self.choices[PORT]}",
            files=f"{self._host}:{self.choices[FILES_PORT]}",
            chosen={n: v for n, v in self.choices.items() if n not in _OURS},
        )

    def fingerprint(self) -> str:
        """What a running platform was started from: the code, the packages, the choices."""
        found = hashlib.sha256()
        folders = ("shared", "gateway", "services", "deploy")
        for path in sorted(p for folder in folders for p in (CHECKOUT / folder).rglob("*")):
            if path.suffix in (".py", ".toml", ".json", ".html", ".js", ".css"):
                found.update(f"{path.relative_to(CHECKOUT)}\0".encode())
                found.update(hashlib.sha256(path.read_bytes()).digest())
        for path in (CHECKOUT / "requirements.lock",):
            found.update(path.read_bytes() if path.exists() else b"")
        found.update(repr(sorted(self.choices.items())).encode())
        return found.hexdigest()


def is_choice(name: str) -> bool:
    """Whether an environment variable is a setting that the operator may choose."""
    ours = (name in OWN_SETTINGS and name not in PUBLIC) or name == STATE_FOLDER
    return name.startswith("HUITONG_") and not ours


def packages() -> list[str]:
    """The packages that have a database of their own, in the order of their migrations."""
    return ["gateway", *(f"services.{part}" for part in SERVICES if part != "gateway")]


def migrated(package: str) -> bool:
    """Whether a package brings migrations."""
    return (CHECKOUT / Path(*package.split(".")) / "migrations" / "env.py").exists()


def names() -> list[str]:
    """Every process by name, the servers first, as status and logs show them."""
    return ["supervisor", "postgres", "nats", *(process.name for process in PROCESSES)]
