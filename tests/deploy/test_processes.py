"""What each process is told: enough to start, and nothing that it does not need."""

from collections.abc import Callable

import pytest

from deploy.local.processes import OWN_SETTINGS, PROCESSES, Process
from shared.settings import Settings


@pytest.mark.parametrize("process", PROCESSES, ids=lambda p: p.name)
def test_every_setting_that_a_process_is_told_is_known_as_our_own(
    process: Process, environment_for: Callable[[str], dict[str, str]]
) -> None:
    assert set(environment_for(process.name)) <= OWN_SETTINGS


def test_no_process_holds_the_key_to_another_services_passports(
    environment_for: Callable[[str], dict[str, str]],
) -> None:
    keys = {
        process.name: environment_for(process.name).get("HUITONG_PASSPORT_KEY")
        for process in PROCESSES
    }
    served = [process.name for process in PROCESSES if process.kind == "serve"]
    assert len({keys[name] for name in served}) == len(served)
    assert all(keys[name] is None for name in keys if name not in served)


def test_only_exchange_holds_the_master_key_and_only_audit_the_logs(
    environment_for: Callable[[str], dict[str, str]],
) -> None:
    told = {process: environment_for(process.name) for process in PROCESSES}
    assert {p.part for p, own in told.items() if "HUITONG_MASTER_KEY" in own} == {"exchange"}
    assert {p.part for p, own in told.items() if "HUITONG_LOG_KEY_FILE" in own} == {"audit"}


@pytest.mark.parametrize("part", ["gateway", "catalog", "exchange", "requests", "audit"])
def test_every_part_starts_from_the_settings_that_it_is_told(
    part: str, settings_for: Callable[..., Settings]
) -> None:
    settings = settings_for(part, rulebook="yixing-2016")
    assert settings.rulebook == "yixing-2016"
    assert "/test_" in settings.database.get_secret_value()
    assert settings.database.get_secret_value() not in repr(settings)
