"""Clock, settings, ids, sockets and logs: the small parts that everything stands on."""

import logging
import os
import socket
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from pydantic import SecretStr, ValidationError

from shared import clock, ids, process, sockets
from shared.logs import JsonLines
from shared.settings import Settings


def test_the_clock_is_turned_for_a_block_and_runs_on() -> None:
    noon = datetime(2027, 1, 1, 12, tzinfo=UTC)
    with clock.turn(noon):
        first = clock.now()
        with clock.turn(noon + timedelta(days=1)):
            assert clock.now() - first >= timedelta(days=1) - timedelta(seconds=5)
        assert noon <= first <= clock.now() < noon + timedelta(seconds=5)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_day_is_the_one_where_the_installation_stands() -> None:
    late = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
    assert clock.local_date(late, "Asia/Shanghai") == date(2026, 11, 23)
    assert clock.local_date(late - timedelta(seconds=1), "Asia/Shanghai") == date(2026, 11, 22)


def test_ids_sort_by_the_time_they_were_given() -> None:
    given = [ids.new_id() for _ in range(1000)]
    assert given == sorted(given)
    assert len(set(given)) == 1000
    assert {i.version for i in given} == {7}


def test_a_process_is_told_by_its_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUITONG_DATABASE", "postgresql://role:word@/db")
    monkeypatch.setenv("HUITONG_NATS", "nats://user:word@127.0.0.1:1")
    monkeypatch.setenv("HUITONG_UNKNOWN", "passed over")
    told = Settings()
    assert told.database.get_secret_value() == "postgresql://role:word@/db"
    assert "word" not in repr(told)
    with pytest.raises(ValidationError):
        told.region = "1"  # type: ignore[misc]


def test_a_process_without_its_addresses_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUITONG_DATABASE", raising=False)
    with pytest.raises(ValidationError):
        Settings(nats=SecretStr("nats://x"))


def deep(folder: Path) -> Path:
    """A folder whose path no socket address could hold."""
    made = folder.joinpath(*["a-folder-with-a-long-name"] * 8)
    made.mkdir(parents=True)
    return made


async def test_a_socket_works_at_any_depth_and_is_its_owners_alone(tmp_path: Path) -> None:
    for path in (tmp_path / "short.sock", deep(tmp_path) / "service.sock"):
        for _ in range(2):  # The second finds the name that the first has left.
            with process.listening(f"unix:{path}") as bound:
                bound.listen()
                assert path.stat().st_mode & 0o777 == 0o600
                with socket.socket(socket.AF_UNIX) as caller:
                    caller.connect(sockets.short(path))
    assert os.umask(0o022) == 0o022


def test_a_short_path_stays_itself(tmp_path: Path) -> None:
    assert sockets.short("/run/x.sock") == "/run/x.sock"
    long = deep(tmp_path) / "x.sock"
    assert len(os.fsencode(sockets.short(long))) <= 107
    assert sockets.short(long) == sockets.short(str(long))


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        pytest.param(
            "[::1]",
            marks=pytest.mark.skipif(not has_ipv6(), reason="until this machine has IPv6"),
        ),
    ],
)
def test_an_address_is_listened_at(host: str) -> None:
    with process.listening(f"{host}:0") as bound:
        assert bound.getsockname()[1] > 0
        assert not bound.getblocking()


def test_a_log_line_is_json_whatever_is_said(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("lone \udc80")
    except ValueError as error:
        found = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", 20, "p", 1, "said %s\n", ("\ud800",), found)
    record.subject = "requests.\udc80"
    line = JsonLines().format(record)
    assert "\n" not in line
    told = orjson.loads(line)
    assert told["message"] == "said \\ud800\n"
    assert told["subject"] == "requests.\\udc80"
    assert "ValueError" in told["error"]
