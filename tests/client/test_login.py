"""Logging in: where the secret may come from, where it may go, and how long a token is used."""

import io
import logging
import stat
from pathlib import Path

import pytest
from huitong_client import LocalTrouble, NotLoggedIn, Platform, Profile, addresses, cli, profiles

from tests.client.conftest import HASTY
from tests.client.door import CLIENT, SECRET, Door, Fault


def login(door: Door, *more: str) -> int:
    return cli.main(["login", "--gateway", door.address, "--client-id", CLIENT, *more])


def test_a_login_is_kept_for_its_owner_alone_and_serves_the_next_command(
    door: Door, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    assert login(door, "--secret-file", str(secret)) == 0
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for kept in home.iterdir():
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600

    assert cli.main(["whoami"]) == 0
    told = capsys.readouterr().out
    assert "示例市市场监督管理局" in told
    assert SECRET not in told
    assert len(door.to("/oauth/token")) == 1, "the token of the login is good for the next command"


def test_the_secret_may_come_from_the_environment_or_standard_input(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUITONG_CLIENT_SECRET", SECRET)
    assert login(door) == 0
    monkeypatch.delenv("HUITONG_CLIENT_SECRET")
    monkeypatch.setattr("sys.stdin", io.StringIO(SECRET + "\n"))
    assert login(door, "--secret-file", "-") == 0


def test_the_secret_is_no_argument(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["login", "--help"])
    assert "--secret " not in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["login", "--gateway", "https://x.example", "--client-secret", SECRET])


def test_a_wrong_secret_is_refused_and_nothing_is_kept(
    door: Door, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HUITONG_CLIENT_SECRET", "guess")
    assert login(door) == 3
    assert "invalid_client" in capsys.readouterr().err
    assert not home.exists()


def test_a_gateway_that_calls_itself_otherwise_gets_no_secret(
    door: Door, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    door.issuer = "https://elsewhere.example"
    monkeypatch.setenv("HUITONG_CLIENT_SECRET", SECRET)
    assert login(door) == 4
    assert "https://elsewhere.example" in capsys.readouterr().err
    assert not door.to("/oauth/token")


@pytest.mark.parametrize(
    "unfit",
    [
        "http://data.example.gov.cn",
        "ftp://127.0.0.1",
        "https://user:password@data.example.gov.cn",
        "https://data.example.gov.cn/v1",
        "data.example.gov.cn",
        "",
    ],
)
def test_a_secret_never_travels_in_the_clear_or_to_something_that_is_no_gateway(
    unfit: str,
) -> None:
    with pytest.raises(LocalTrouble):
        addresses.gateway(unfit)


@pytest.mark.parametrize(
    "fit", ["https://data.example.gov.cn/", "http://127.0.0.1:8080", "http://[::1]:80"]
)
def test_https_is_fit_and_so_is_this_machine(fit: str) -> None:
    assert addresses.gateway(fit).startswith("http")


def test_a_profile_that_others_can_read_is_not_used(logged_in: Profile, home: Path) -> None:
    (home / "default.json").chmod(0o640)
    with pytest.raises(NotLoggedIn, match="chmod 600"):
        Platform.of("default")


def test_without_a_login_the_remedy_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["whoami", "--profile", "tax"]) == 7
    assert "huitong login" in capsys.readouterr().err


def test_a_profiles_name_cannot_lead_out_of_its_folder() -> None:
    with pytest.raises(NotLoggedIn):
        profiles.load("../../etc/passwd")


def test_a_token_is_asked_for_again_before_it_ends(door: Door, profile: Profile) -> None:
    door.token_life = 0
    with Platform(profile, patience=HASTY) as platform:
        platform.whoami()
        platform.whoami()
    assert len(door.tokens) == 2
    door.token_life = 900
    with Platform(profile, patience=HASTY) as platform:
        platform.whoami()
        platform.whoami()
    assert len(door.tokens) == 3


def test_a_token_that_is_rejected_is_replaced_once_and_the_call_done(
    door: Door, platform: Platform
) -> None:
    platform.whoami()
    door.dead_tokens.add(door.tokens[-1])
    assert platform.whoami().kind == "client"
    assert len(door.tokens) == 2


def test_a_second_rejection_is_the_answer(door: Door, platform: Platform) -> None:
    door.fail("/v1/me", Fault(status=401), Fault(status=401))
    with pytest.raises(Exception, match="401"):
        platform.whoami()
    assert len(door.to("/v1/me")) == 2


def test_another_clients_kept_token_is_not_used(door: Door, logged_in: Profile, home: Path) -> None:
    with Platform.of("default") as platform:
        platform.whoami()
    kept = (home / "default.token").read_text().replace(CLIENT, "somebody-else")
    (home / "default.token").write_text(kept)
    with Platform.of("default") as platform:
        platform.whoami()
    assert len(door.tokens) == 2


def test_no_log_line_carries_the_secret_or_a_token(
    door: Door, platform: Platform, caplog: pytest.LogCaptureFixture, profile: Profile
) -> None:
    caplog.set_level(logging.DEBUG)
    platform.whoami()
    assert door.tokens
    for told in (caplog.text, repr(profile)):
        assert SECRET not in told
        assert "a+secret" not in told
        assert door.tokens[0] not in told
