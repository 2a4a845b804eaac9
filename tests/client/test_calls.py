"""Calls: pages, refusals as exceptions, and when a call is tried again."""

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from uuid import UUID

import pytest
from huitong_client import (
    HuitongError,
    NotUnderstood,
    Patience,
    Platform,
    Profile,
    Refused,
    Unreachable,
    addresses,
    cli,
    retries,
    wire,
)

from tests.client.conftest import HASTY, TlsDoor
from tests.client.door import CLIENT, GRANT, RESOURCE, SECRET, Door, Fault


def test_all_pages_are_read(door: Door, platform: Platform) -> None:
    purposes = [grant.purpose for grant in platform.grants()]
    assert len(purposes) == 2
    assert purposes[1] == "核对新设企业的税务登记"
    assert len(door.to("/v1/grants")) == 2


def test_what_a_server_sends_cannot_move_the_cursor_of_a_terminal(
    logged_in: Profile, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["grants"]) == 0
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert GRANT in told


def test_results_as_json_are_one_object_a_line(
    logged_in: Profile, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["grants", "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [wire.parse(line.encode(), "line").text("id") for line in lines] == [GRANT, GRANT]


def test_a_refusal_says_who_what_why_and_under_which_article(
    door: Door, platform: Platform
) -> None:
    door.fail("/v1/me", Fault(status=404))
    with pytest.raises(Refused) as refusal:
        platform.whoami()
    refused = refusal.value
    assert (refused.status, refused.code) == (404, "fault-404")
    assert refused.article == "baoji-2017 §16"
    assert refused.request_id == "request-7"
    assert refused.faults[0].field == "body.keys"
    for told in ("There is nothing here.", "baoji-2017 §16", "request-7", "body.keys"):
        assert told in str(refused)
    assert len(door.to("/v1/me")) == 1, "a refusal is not asked for twice"


def test_too_many_and_not_now_are_asked_again_after_the_time_they_name(
    door: Door, platform: Platform
) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)
    door.fail("/v1/me", Fault(status=429, retry_after="1"), Fault(status=503, retry_after=soon))
    began = time.monotonic()
    assert platform.whoami().kind == "client"
    assert time.monotonic() - began >= 1.0
    assert len(door.to("/v1/me")) == 3


def test_a_wait_beyond_all_patience_is_not_waited(door: Door, platform: Platform) -> None:
    door.fail("/v1/me", Fault(status=503, retry_after="3600"))
    with pytest.raises(Refused) as refusal:
        platform.whoami()
    assert refusal.value.retry_after == 3600
    assert len(door.to("/v1/me")) == 1


def test_patience_ends(door: Door, platform: Platform) -> None:
    door.fail("/v1/me", *[Fault(status=503)] * 9)
    with pytest.raises(Refused, match="503"):
        platform.whoami()
    assert len(door.to("/v1/me")) == HASTY.attempts


def test_a_connection_that_ends_without_an_answer_is_tried_again(
    door: Door, platform: Platform
) -> None:
    door.fail("/v1/me", Fault(vanish=True), Fault(vanish=True))
    assert platform.whoami().kind == "client"


def test_a_token_endpoint_that_is_busy_is_asked_again(door: Door, platform: Platform) -> None:
    door.fail("/oauth/token", Fault(status=503), Fault(vanish=True))
    assert platform.whoami().kind == "client"


def test_nobody_there_is_said_so(profile: Profile, unused_tcp_port: int) -> None:
    gateway = f"http://127.0.0.1:{unused_tcp_port}"
    away = Profile(gateway, f"{gateway}/oauth/token", CLIENT, SECRET)
    with Platform(away, patience=HASTY) as platform, pytest.raises(Unreachable):
        platform.whoami()


def test_lookups_go_in_thousands_and_no_key_stands_in_an_address(
    door: Door, logged_in: Profile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    door.rows = {"key-7": {"uscc": "key-7", "name": "某公司"}, "key-1999": {"uscc": "key-1999"}}
    keys = tmp_path / "keys"
    keys.write_text("\n".join(f"key-{n}" for n in range(2001)) + "\n\nkey-7\n")
    assert cli.main(["lookup", GRANT, "--item-keys-from", str(keys)]) == 0
    told = capsys.readouterr()
    assert told.out == '{"uscc":"key-7","name":"某公司"}\n{"uscc":"key-1999"}\n'
    assert "2001 keys asked, 2 rows found" in told.err
    calls = door.to(f"/v1/grants/{GRANT}/lookup")
    assert len(calls) == 3
    assert not any("key-" in call.path for call in door.seen)


def test_a_key_of_several_items_is_a_list(door: Door, logged_in: Profile, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text('["320200","7"]\n[not a list\nplain\n')
    assert cli.main(["lookup", GRANT, "--item-keys-from", str(keys)]) == 0
    [call] = door.to("/v1/grants")
    assert json.loads(call.body) == {"keys": [["320200", "7"], "[not a list", "plain"]}


def test_a_lookup_is_repeatable(door: Door, platform: Platform) -> None:
    door.rows = {"7": {"uscc": "7"}}
    door.fail("/v1/grants", Fault(status=503))
    assert [found.rows for found in platform.lookup(UUID(GRANT), ["7"])] == [(b'{"uscc":"7"}',)]


def test_an_answer_of_another_shape_is_an_error_and_no_guess(
    door: Door, platform: Platform
) -> None:
    door.batch_states = [{"state": 7}]
    with pytest.raises(NotUnderstood, match="state"):
        platform.batch(UUID(RESOURCE))


def test_an_address_from_the_platform_may_not_lead_out_of_tls() -> None:
    gateway = "https://data.example.gov.cn"
    assert addresses.beside(gateway, "https://files.example.gov.cn/f") == (
        "https://files.example.gov.cn/f"
    )
    assert addresses.beside(gateway, "/f/1") == "https://data.example.gov.cn/f/1"
    for unfit in ("http://files.example.gov.cn/f", "http://127.0.0.1/f", "file:///etc/passwd"):
        with pytest.raises(NotUnderstood):
            addresses.beside(gateway, unfit)


def test_waits_grow_and_are_drawn_apart() -> None:
    patience = Patience(attempts=10, first_wait=1.0, longest_wait=20.0)
    for failures in range(1, 10):
        bound = min(2.0 ** (failures - 1), 20.0)
        drawn = [patience.pause(failures, None) for _ in range(20)]
        assert all(pause is not None and bound / 2 <= pause <= bound for pause in drawn)
        assert len(set(drawn)) > 1
    assert patience.pause(10, None) is None
    assert patience.pause(1, 21.0) is None
    floor = patience.pause(1, 5.0)
    assert floor is not None
    assert floor >= 5.0


@pytest.mark.parametrize("nonsense", ["soon", "", "-5", "Wed, 99 Nov 2026 25:00:00 GMT", "1e9"])
def test_a_retry_after_without_sense_is_none(nonsense: str) -> None:
    assert retries.seconds(nonsense, datetime.now(UTC)) is None


def test_a_certificate_of_an_unknown_ca_is_refused_at_once(tls_door: TlsDoor) -> None:
    profile = Profile(tls_door.door.address, f"{tls_door.door.address}/oauth/token", CLIENT, SECRET)
    slow = Patience(attempts=9, first_wait=30.0)
    with (
        Platform(profile, patience=slow) as platform,
        pytest.raises(Unreachable, match="--ca-file"),
    ):
        platform.whoami()


def test_the_authoritys_own_ca_can_be_trusted(tls_door: TlsDoor) -> None:
    profile = Profile(
        tls_door.door.address,
        f"{tls_door.door.address}/oauth/token",
        CLIENT,
        SECRET,
        str(tls_door.ca),
    )
    with Platform(profile, patience=HASTY) as platform:
        assert platform.whoami().kind == "client"


def test_a_ca_file_that_is_none_is_said_so(door: Door, tmp_path: Path) -> None:
    profile = Profile(door.address, door.address, CLIENT, SECRET, str(tmp_path / "nothing.pem"))
    with pytest.raises(HuitongError, match=r"nothing\.pem"):
        Platform(profile)
    (tmp_path / "nothing.pem").write_text("no certificate")
    with pytest.raises(HuitongError, match=r"nothing\.pem"):
        Platform(profile)
