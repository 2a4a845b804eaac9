"""A front-end machine serves: it asks for calls, asks its system once, and hands the answer on."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from huitong_client import LocalTrouble, NotLoggedIn, Platform, Profile, serving

from tests.client.conftest import HASTY

CALLS = [f"01989f3e-0000-7000-8000-00000000000{n}" for n in range(1, 5)]


@dataclass
class Heard:
    """What arrived: at the platform, and at the department's system."""

    said: list[tuple[str, bytes, str]] = field(default_factory=list)
    asked: list[tuple[str, str, bytes, str]] = field(default_factory=list)
    offers: list[list[str]] = field(default_factory=list)
    target: str = "/households/1?year=2026"
    over: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    heard: Heard

    def log_message(self, *args: object) -> None:
        """Says nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/oauth/token":
            self._say(200, {"access_token": "t", "token_type": "Bearer", "expires_in": 900})
        elif self.path == "/v1/served-calls":
            offer = self.heard.offers.pop(0) if self.heard.offers else None
            if offer is None:
                self.heard.over.set()
                # What ends a serving machine for good: it may not serve any more.
                self._say(403, {"code": "permission-missing", "title": "x", "detail": "x"})
                return
            self._say(200, {"calls": offer, "again_in_seconds": 0.0})
        elif self.path.endswith("/accept"):
            self._accept(self.path.split("/")[3])
        elif self.path.startswith("/v1/"):
            self.heard.said.append((self.path, body, self.headers.get("Content-Type", "")))
            self.send_response(204)
            self.end_headers()
        else:
            self._system(body)

    def do_GET(self) -> None:
        self._system(b"")

    def _accept(self, call: str) -> None:
        if call == CALLS[3]:
            self._say(409, {"code": "served-call-over", "title": "x", "detail": "x"})
            return
        told: dict[str, object] = {
            "call": call,
            "operation": "by-id",
            "method": "GET",
            "target": self.heard.target,
            "accept": "application/json",
            "content_type": None,
            "body": None,
            "seconds": 5.0,
            "most_bytes": 1000,
        }
        if call == CALLS[1]:
            told |= {"method": "POST", "content_type": "application/json", "body": '{"xm":"某"}'}
        if call == CALLS[2]:
            told |= {"most_bytes": 3}
        self._say(200, told)

    def _system(self, body: bytes) -> None:
        key = self.headers.get("X-Key", "")
        self.heard.asked.append((self.command, self.path, body, key))
        self._say(404, {"none": "示例"})

    def _say(self, status: int, told: dict[str, object]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def listening(heard: Heard) -> Iterator[str]:
    handler = type("Handler", (_Handler,), {"heard": heard})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def serve(heard: Heard, behind: str, headers: Path | None = None) -> list[tuple[str, str]]:
    """Serve until there is nothing more; what was told of each call."""
    told: list[tuple[str, str]] = []
    with listening(heard) as gateway:
        profile = Profile(gateway, f"{gateway}/oauth/token", "client", "secret")
        with Platform(profile, patience=HASTY) as platform:
            machine = serving.Serving(
                platform,
                serving.system(behind or gateway, headers),
                resources=[],
                at_once=2,
                told=lambda operation, outcome: told.append((operation, outcome)),
            )
            with pytest.raises(Exception, match="permission-missing"):
                machine.run()
    return told


def test_a_call_is_accepted_asked_of_the_system_and_answered(tmp_path: Path) -> None:
    keys = tmp_path / "keys.headers"
    keys.write_text("X-Key: s3cret value\n\n")
    keys.chmod(0o600)
    heard = Heard(offers=[CALLS[:2]])
    told = serve(heard, "", keys)
    assert sorted(told) == [("by-id", "404"), ("by-id", "404")]
    assert ("GET", heard.target, b"", "s3cret value") in heard.asked
    assert ("POST", heard.target, '{"xm":"某"}'.encode(), "s3cret value") in heard.asked
    answers = {path: (body, kind) for path, body, kind in heard.said}
    body, kind = answers[f"/v1/served-calls/{CALLS[0]}/answer?status=404"]
    assert (json.loads(body), kind) == ({"none": "示例"}, "application/json")


def test_what_another_machine_has_accepted_is_left_to_it() -> None:
    heard = Heard(offers=[[CALLS[3]]])
    assert serve(heard, "") == [("-", "served-call-over")]
    assert heard.asked == []


def test_what_is_wrong_with_the_system_is_said() -> None:
    # Nobody listens on port 1; and an answer that is larger than registered is none.
    unreachable = Heard(offers=[[CALLS[0]]])
    assert serve(unreachable, "http://127.0.0.1:1") == [("by-id", "unreachable")]
    assert json.loads(unreachable.said[0][1]) == {"wrong": "unreachable"}
    large = Heard(offers=[[CALLS[2]]])
    assert serve(large, "") == [("by-id", "broke-off")]


def test_a_file_that_others_can_read_or_that_is_no_header_is_refused(tmp_path: Path) -> None:
    keys = tmp_path / "keys.headers"
    keys.write_text("X-Key: secret\n")
    keys.chmod(0o644)
    with pytest.raises(NotLoggedIn):
        serving.system("http://10.1.2.3", keys)
    keys.chmod(0o600)
    for line in ("X-Key", "Host: elsewhere", "X-Key: a\x7fb"):
        keys.write_text(line)
        with pytest.raises(LocalTrouble) as refused:
            serving.system("http://10.1.2.3", keys)
        assert "X-Key" not in str(refused.value)
    for address in ("10.1.2.3", "ftp://10.1.2.3", "http://u@10.1.2.3", "http://10.1.2.3?x"):
        with pytest.raises(LocalTrouble):
            serving.system(address, None)
