"""A local installation in production mode: what speaks against it is said before anything runs."""

from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.fitness import unfit
from deploy.local.installation import Installation
from deploy.local.processes import PROCESSES, environment, probed
from tests.deploy.test_installation import here as here
from tests.deploy.test_installation import run
from tests.deploy.test_processes import AROUND


async def test_secrets_that_two_processes_share_are_found() -> None:
    shared = replace(
        AROUND, chosen={}, master_key=AROUND.door_key, second_factor_key=AROUND.door_key
    )
    text = "\n".join(await unfit(shared))
    three = "the key of second factors and the key of the file door and the master key of exchange"
    assert f"{three} are the same" in text
    assert "the password of audit in NATS and the password of audit in PostgreSQL" in text
    assert "exchange-files, exchange, exchange-worker: HUITONG_DOOR_URL is not https" in text
    assert "gateway: The gateway speaks plain HTTP" in text
    assert AROUND.door_key not in text


def test_an_installation_without_the_example_has_no_settings_of_it(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUITONG_EXAMPLE", "0")
    bare = Installation.here()
    assert not bare.with_example
    assert "HUITONG_REGION" not in bare.choices
    monkeypatch.setenv("HUITONG_EXAMPLE", "")
    assert Installation.here().choices["HUITONG_REGION"] == "320200"


def test_public_addresses_are_chosen_and_tls_is_of_the_two_doors() -> None:
    chosen = {
        "HUITONG_PUBLIC_URL": "https://huitong.example",
        "HUITONG_DOOR_URL": "https://files.example",
        "HUITONG_TLS_CERTIFICATE": "/certificate.pem",
    }
    around = replace(AROUND, chosen=chosen)
    told = {process.name: environment(process, around) for process in PROCESSES}
    assert told["gateway"]["HUITONG_PUBLIC_URL"] == "https://huitong.example"
    assert told["exchange-worker"]["HUITONG_DOOR_URL"] == "https://files.example"
    asked = {process.name: probed(process, around) for process in PROCESSES}
    assert asked["gateway"] == "tls:127.0.0.1:8080"
    assert asked["exchange-files"] == "tls:127.0.0.1:8081"
    assert asked["catalog"] == "unix:/run/catalog.sock"
    plain = {p.name: environment(p, replace(AROUND, chosen={})) for p in PROCESSES}
    assert plain["gateway"]["HUITONG_PUBLIC_URL"] == "http://127.0.0.1:8080"


@pytest.mark.parametrize("command", ["production", "bootstrap"])
def test_where_nothing_is_installed_a_sentence_says_what_to_do(here: Path, command: str) -> None:
    done = run(command)
    assert done.returncode == 1
    assert "make" in done.stderr
    assert "Traceback" not in done.stderr
    assert not here.exists()
