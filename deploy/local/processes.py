"""Which processes the platform consists of, and what each is told, as data."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Process:
    """One process: `target` is served over HTTP, or run as work, by shared/process.py."""

    name: str
    part: str
    kind: Literal["serve", "work"]
    target: str


# In the order in which they are stopped: the doors first.
PROCESSES = (
    Process("gateway", "gateway", "serve", "gateway.app:create_app"),
    Process("exchange-files", "exchange", "work", "services.exchange.door:run"),
    Process("gateway-worker", "gateway", "work", "gateway.worker:run"),
    Process("catalog", "catalog", "serve", "services.catalog.app:create_app"),
    Process("catalog-worker", "catalog", "work", "services.catalog.worker:run"),
    Process("requests", "requests", "serve", "services.requests.app:create_app"),
    Process("requests-worker", "requests", "work", "services.requests.worker:run"),
    Process("exchange", "exchange", "serve", "services.exchange.app:create_app"),
    Process("exchange-worker", "exchange", "work", "services.exchange.worker:run"),
    Process("audit", "audit", "serve", "services.audit.app:create_app"),
    Process("audit-worker", "audit", "work", "services.audit.worker:run"),
)
# What `environment` tells: these come from the installation and cannot be chosen from outside.
OWN_SETTINGS = frozenset(
    f"HUITONG_{name}"
    for name in (
        "DATABASE",
        "DOOR_KEY",
        "DOOR_URL",
        "LISTEN",
        "LOG_KEY_FILE",
        "LOG_ORIGIN",
        "MASTER_KEY",
        "NATS",
        "PASSPORT_KEY",
        "PASSPORT_KEYS",
        "PUBLIC_URL",
        "SEARCH_INDEX",
        "SECOND_FACTOR_KEY",
        "SERVICES",
        "SIGNING_KEY_FILE",
        "SPOOL",
        "STORAGE",
    )
)
# Of these an operator may choose others, where a proxy stands in front.
PUBLIC = frozenset({"HUITONG_PUBLIC_URL", "HUITONG_DOOR_URL"})
BEHIND_THE_GATEWAY = ("catalog", "requests", "exchange", "audit")


@dataclass(frozen=True)
class Surroundings:
    """What the processes find around them: addresses, folders, keys."""

    databases: dict[str, str]
    buses: dict[str, str]
    passport_keys: dict[str, str]
    run: Path
    storage: Path
    search_index: Path
    spool: Path
    signing_key_file: Path
    second_factor_key: str
    log_key_file: Path
    master_key: str
    door_key: str
    gateway: str
    files: str
    # Settings that the operator chose for all processes, e.g. HUITONG_RULEBOOK.
    chosen: dict[str, str]

    def socket(self, part: str) -> Path:
        """Where a service that stands behind the gateway listens."""
        return self.run / f"{part}.sock"


def listens(process: Process, around: Surroundings) -> str | None:
    """The address that a process answers HTTP on, if it does."""
    if process.name == "gateway":
        return around.gateway
    if process.name == "exchange-files":
        return around.files
    return f"unix:{around.socket(process.part)}" if process.kind == "serve" else None


def speaks_tls(around: Surroundings) -> bool:
    """Whether gateway and file door speak TLS themselves."""
    return bool(around.chosen.get("HUITONG_TLS_CERTIFICATE"))


def probed(process: Process, around: Surroundings) -> str | None:
    """Where a process is asked whether it is ready: as `listens`, `tls:` before it where it speaks
    that."""
    address = listens(process, around)
    # The others listen on unix sockets, for the gateway alone.
    doors = ("gateway", "exchange-files")
    return f"tls:{address}" if process.name in doors and speaks_tls(around) else address


def environment(process: Process, around: Surroundings) -> dict[str, str]:
    """Everything that a process is told, and nothing that it does not need."""
    told = {
        **around.chosen,
        "HUITONG_DATABASE": around.databases[process.part],
        "HUITONG_NATS": around.buses[process.part],
    }
    address = listens(process, around)
    if address is not None:
        told["HUITONG_LISTEN"] = address
    if process.kind == "serve":
        told["HUITONG_PASSPORT_KEY"] = around.passport_keys[process.part]
    match process.part:
        case "gateway":
            told |= {
                "HUITONG_SERVICES": json.dumps(
                    {part: str(around.socket(part)) for part in BEHIND_THE_GATEWAY}
                ),
                "HUITONG_PUBLIC_URL": told.get("HUITONG_PUBLIC_URL")
                or f"http{'s' * speaks_tls(around)}://{around.gateway}",
                "HUITONG_SIGNING_KEY_FILE": str(around.signing_key_file),
                "HUITONG_SECOND_FACTOR_KEY": around.second_factor_key,
                "HUITONG_SPOOL": str(around.spool),
            }
            if process.kind == "serve":
                told["HUITONG_PASSPORT_KEYS"] = json.dumps(around.passport_keys)
        case "catalog" if process.kind == "serve":
            told["HUITONG_SEARCH_INDEX"] = str(around.search_index)
        case "exchange":
            told |= {
                "HUITONG_STORAGE": str(around.storage),
                "HUITONG_MASTER_KEY": around.master_key,
                "HUITONG_DOOR_URL": told.get("HUITONG_DOOR_URL")
                or f"http{'s' * speaks_tls(around)}://{around.files}",
                "HUITONG_DOOR_KEY": around.door_key,
            }
        case "audit":
            told |= {
                "HUITONG_LOG_KEY_FILE": str(around.log_key_file),
                "HUITONG_LOG_ORIGIN": "huitong.local/log",
            }
        case _:
            pass
    return told
