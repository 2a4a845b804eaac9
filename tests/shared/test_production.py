"""Production mode: what a process refuses to start with, all of it in one go."""

import asyncio
import os
import secrets
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from shared import production
from shared.production import exposure, told, weakness_of_key, weakness_of_password
from tests.servers import Dsn, Postgres

GOOD = secrets.token_hex(32)


def environment(**changed: str) -> dict[str, str]:
    """What a process is told that is fit, some of it changed."""
    return {
        "HUITONG_PRODUCTION": "1",
        "HUITONG_DATABASE": f"postgresql://part:{secrets.token_hex(32)}@db.example:5432/part",
        "HUITONG_NATS": f"nats://part:{secrets.token_hex(32)}@127.0.0.1:4222",
        "HUITONG_PASSPORT_KEY": secrets.token_hex(32),
        "HUITONG_PUBLIC_URL": "https://huitong.example",
    } | changed


def test_what_is_fit_has_no_reason_against_it() -> None:
    assert told(environment()) == []
    # Over a socket the system says who calls.
    assert told(environment(HUITONG_DATABASE="postgresql://part@/part?host=/run/postgresql")) == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "short",
        pytest.param(GOOD[:-2], id="two digits too few"),
        "6b" * 32,
        "00" * 32,
        bytes(range(32)).hex(),
        bytes(range(0, 96, 3)).hex(),
        ("ab" * 8 + "cd" * 8) * 2,
        b"huitonghuitonghuitonghuitonghuit".hex(),
    ],
)
def test_a_key_that_chance_did_not_make_is_none(key: str) -> None:
    assert weakness_of_key(key) is not None


def test_keys_that_chance_made_are_good() -> None:
    assert [weakness_of_key(secrets.token_hex(32)) for _ in range(500)] == [None] * 500
    assert [weakness_of_password(secrets.token_urlsafe(18)) for _ in range(500)] == [None] * 500


@pytest.mark.parametrize("password", ["", "huitong", "Postgres", "a" * 40, "ab" * 20, "k7Q-d2!x"])
def test_a_password_that_can_be_guessed_is_none(password: str) -> None:
    assert weakness_of_password(password) is not None


def test_every_reason_is_said_at_once_and_no_secret_is(tmp_path: Path) -> None:
    key_file = tmp_path / "log.pem"
    key_file.write_text("secret of the log")
    key_file.chmod(0o644)
    found = told(
        environment(
            HUITONG_DATABASE="postgresql://part:huitong@db.example/part",
            HUITONG_MASTER_KEY=GOOD,
            HUITONG_DOOR_KEY=GOOD.upper(),
            HUITONG_PASSPORT_KEY="11" * 32,
            HUITONG_PUBLIC_URL="http://huitong.example",
            HUITONG_DOOR_URL="http://files.example",
            HUITONG_LOG_KEY_FILE=str(key_file),
            HUITONG_TLS_KEY=str(tmp_path / "absent.pem"),
        )
    )
    text = "\n".join(found)
    for said in (
        "password in HUITONG_DATABASE",
        "HUITONG_DOOR_KEY and HUITONG_MASTER_KEY are the same",
        "HUITONG_PASSPORT_KEY was not made by chance",
        "HUITONG_PUBLIC_URL is not https",
        "HUITONG_DOOR_URL is not https",
        "HUITONG_LOG_KEY_FILE can be read by others (mode 0644)",
        "HUITONG_TLS_KEY cannot be read",
    ):
        assert said in text
    assert len(found) == 7
    assert GOOD not in text.lower()
    assert "huitong.example" not in text


def test_the_gateway_holds_a_key_for_each_service_and_its_own_twice() -> None:
    own, other = secrets.token_hex(32), secrets.token_hex(32)
    keys = f'{{"gateway": "{own}", "audit": "{other}"}}'
    fit = environment(HUITONG_PASSPORT_KEY=own, HUITONG_PASSPORT_KEYS=keys)
    assert told(fit) == []
    same = f'{{"gateway": "{own}", "audit": "{own}"}}'
    (found,) = told(environment(HUITONG_PASSPORT_KEY=own, HUITONG_PASSPORT_KEYS=same))
    assert found.startswith("HUITONG_PASSPORT_KEY and HUITONG_PASSPORT_KEYS[audit] are the same")


def test_a_file_of_a_secret_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("x")
    for mode, fit in ((0o600, True), (0o400, True), (0o640, False), (0o604, False)):
        file.chmod(mode)
        assert (exposure(file) is None) is fit
    assert exposure(tmp_path) == "is no file."


async def test_a_database_that_may_forget_is_refused(database: Dsn, postgres: Postgres) -> None:
    told = {"HUITONG_DATABASE": database("catalog")}
    before = await production.of_database(told, wait=False)
    name = urlsplit(told["HUITONG_DATABASE"]).path[1:]
    for value in ("local", "off"):
        await asyncio.to_thread(
            postgres.execute, f"ALTER DATABASE {name} SET synchronous_commit = {value}"
        )
        found = "\n".join(await production.of_database(told, wait=False))
        assert ("synchronous_commit = off" in found) is (value == "off")
    assert all("off" in reason for reason in before)
    away = {"HUITONG_DATABASE": "postgresql://x:y@127.0.0.1:1/x"}
    (reason,) = await production.of_database(away, wait=False)
    assert "cannot be asked" in reason


@pytest.mark.parametrize("kind", ["serve", "work"])
def test_a_process_that_is_not_fit_ends_with_its_reasons(kind: str, database: Dsn) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "shared.process", kind, "services.catalog.app:create_app"],
        env={
            "PATH": os.environ["PATH"],
            "HUITONG_PRODUCTION": "true",
            "HUITONG_DATABASE": database("catalog"),
            "HUITONG_NATS": "nats://catalog:nats@127.0.0.1:4222",
            "HUITONG_PASSPORT_KEY": "6b" * 32,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == production.EXIT_STATUS
    assert "not fit for production" in done.stderr
    assert "HUITONG_NATS" in done.stderr
    assert "HUITONG_PASSPORT_KEY was not made by chance" in done.stderr
    assert "Traceback" not in done.stderr
