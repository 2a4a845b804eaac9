"""What a process is told in a test: the same settings as `make up` gives, over a test's servers."""

import importlib
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local.nats import Nats
from deploy.local.processes import PROCESSES, Process, Surroundings, environment
from deploy.local.state import SERVICES
from gateway.keys import new_key_pem
from shared import crypto
from shared.settings import Settings
from tests.servers import Dsn

SettingsFor = Callable[..., Settings]
EnvironmentFor = Callable[[str], dict[str, str]]
_KEYS = {part: crypto.STANDARD.digest(part.encode()).hex() for part in SERVICES}


def _process(name: str) -> Process:
    return next(process for process in PROCESSES if process.name == name)


def kind_of(part: str) -> type[Settings]:
    """The settings that a part declares for itself, or the common ones."""
    package = "gateway" if part == "gateway" else f"services.{part}"
    if importlib.util.find_spec(f"{package}.settings") is None:
        return Settings
    module = importlib.import_module(f"{package}.settings")
    own = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Settings) and kind is not Settings
    ]
    return own[0] if own else Settings


@pytest.fixture
def surroundings_of(database: Dsn, nats: Nats, tmp_path: Path) -> Callable[[str], Surroundings]:
    """Addresses, folders and keys for one part; only that part's database is made."""

    def surroundings(part: str) -> Surroundings:
        signing_key, log_key = tmp_path / "signing-key.pem", tmp_path / "log-key.pem"
        if not signing_key.exists():
            signing_key.write_text(new_key_pem())
            log_key.write_bytes(crypto.STANDARD.generate_signer().pem())
        for name in ("run", "storage", "spool"):
            (tmp_path / name).mkdir(exist_ok=True)
        return Surroundings(
            databases={part: database(part)},
            buses={part: nats.dsn(part)},
            passport_keys=_KEYS,
            run=tmp_path / "run",
            storage=tmp_path / "storage",
            search_index=tmp_path / "search",
            spool=tmp_path / "spool",
            signing_key_file=signing_key,
            second_factor_key="5f" * 32,
            log_key_file=log_key,
            master_key=_KEYS["exchange"],
            door_key=_KEYS["gateway"],
            gateway="127.0.0.1:1",
            files="127.0.0.1:2",
            chosen={},
        )

    return surroundings


@pytest.fixture
def environment_for(surroundings_of: Callable[[str], Surroundings]) -> EnvironmentFor:
    """The environment of a process by its name, e.g. `catalog` or `catalog-worker`."""

    def told(name: str) -> dict[str, str]:
        process = _process(name)
        return environment(process, surroundings_of(process.part))

    return told


@pytest.fixture
def settings_for(environment_for: EnvironmentFor) -> SettingsFor:
    """`settings_for("audit", rulebook="yixing-2016")`: a part's settings, some of them changed.

    Its database is this test's; ask for `bus_dsn` as well where the streams must be empty.
    """

    def settings(part: str, **changed: object) -> Settings:
        told = environment_for(part)
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("HUITONG_")]:
                patch.delenv(name)
            for name, value in told.items():
                patch.setenv(name, value)
            return kind_of(part)(**changed)  # type: ignore[arg-type]  # pydantic checks them

    return settings
