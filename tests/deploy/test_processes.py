"""What each process is told: enough to start, and nothing that it does not need."""

from pathlib import Path

import pytest

from deploy.local.processes import (
    OWN_SETTINGS,
    PROCESSES,
    Process,
    Surroundings,
    environment,
    listens,
)
from deploy.local.state import SERVICES
from tests.told import kind_of

AROUND = Surroundings(
    databases={
        part: f"postgresql://{part}:not-to-be-told@/huitong_{part}?host=/data" for part in SERVICES
    },
    buses={part: f"nats://{part}:not-to-be-told@127.0.0.1:4222" for part in SERVICES},
    passport_keys={part: part.encode().hex().ljust(64, "0") for part in SERVICES},
    run=Path("/run"),
    storage=Path("/storage"),
    search_index=Path("/search"),
    spool=Path("/spool"),
    signing_key_file=Path("/signing.pem"),
    second_factor_key="33" * 32,
    log_key_file=Path("/log.pem"),
    master_key="11" * 32,
    door_key="22" * 32,
    gateway="127.0.0.1:8080",
    files="127.0.0.1:8081",
    chosen={"HUITONG_RULEBOOK": "yixing-2016", "HUITONG_DATABASE": "somewhere else"},
)
TOLD = {process: environment(process, AROUND) for process in PROCESSES}
each_process = pytest.mark.parametrize("process", PROCESSES, ids=lambda p: p.name)


@each_process
def test_every_setting_that_a_process_is_told_is_known_as_our_own(process: Process) -> None:
    assert set(TOLD[process]) - set(AROUND.chosen) <= OWN_SETTINGS


@each_process
def test_what_is_chosen_reaches_every_process_but_never_in_place_of_our_own(
    process: Process,
) -> None:
    assert TOLD[process]["HUITONG_RULEBOOK"] == "yixing-2016"
    assert TOLD[process]["HUITONG_DATABASE"] == AROUND.databases[process.part]


@pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "baoji-2017 §4(4)")
def test_no_process_but_the_gateway_can_speak_for_it_to_another_service() -> None:
    for process, told in TOLD.items():
        others = [key for part, key in AROUND.passport_keys.items() if part != process.part]
        holds = [key for key in others if any(key in value for value in told.values())]
        assert not holds or process.name == "gateway", process.name


def test_only_exchange_holds_the_master_key_and_only_audit_the_key_of_the_log() -> None:
    holds_master = {p.part for p, told in TOLD.items() if "HUITONG_MASTER_KEY" in told}
    holds_log_key = {p.part for p, told in TOLD.items() if "HUITONG_LOG_KEY_FILE" in told}
    assert holds_master == {"exchange"}
    assert holds_log_key == {"audit"}


def test_the_services_listen_where_no_network_reaches() -> None:
    addresses = {process.name: listens(process, AROUND) for process in PROCESSES}
    doors = {name for name, address in addresses.items() if address and ":/" not in address}
    assert doors == {"gateway", "exchange-files"}
    assert len({address for address in addresses.values() if address}) == 6


@each_process
def test_every_process_starts_from_the_settings_that_it_is_told(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in TOLD[process].items():
        monkeypatch.setenv(name, value)
    settings = kind_of(process.part)()
    assert settings.rulebook == "yixing-2016"
    assert "not-to-be-told" not in repr(settings)
