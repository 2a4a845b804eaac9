"""A platform of one grant and one resource on a loopback port, with faults that a test orders.

It speaks the wire as the gateway and the file door do, over real sockets; what it saw is kept.
"""

import base64
import hashlib
import json
import re
import ssl
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

GRANT = "01989f3e-0000-7000-8000-000000000001"
RESOURCE = "01989f3e-0000-7000-8000-000000000002"
BATCH = "01989f3e-0000-7000-8000-000000000003"
DEPARTMENT = "01989f3e-0000-7000-8000-000000000004"
CLIENT = "01989f3e-0000-7000-8000-000000000005"
SECRET = "a secret: with + and %"

Json = dict[str, object]


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Fault:
    """What happens instead of, or to, one answer."""

    status: int = 0
    code: str | None = None
    retry_after: str | None = None
    vanish: bool = False
    cut_after: int | None = None
    stall_after: int | None = None
    wrong_bytes: bool = False
    ignore_range: bool = False
    before: Callable[[], None] | None = None


@dataclass
class Door:
    """What the server holds. A test changes it as it likes."""

    address: str = ""
    issuer: str | None = None
    token_life: int = 900
    tokens: list[str] = field(default_factory=list)
    dead_tokens: set[str] = field(default_factory=set)
    seen: list[Seen] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    epoch: int = 1
    snapshot: list[bytes] = field(default_factory=list)
    sequence: int = 0
    changes: dict[int, list[bytes]] = field(default_factory=dict)
    changes_a_page: int = 100
    # What was confirmed, and how a receipt is refused (status and code), where it is.
    confirmed: list[tuple[int, int, str]] = field(default_factory=list)
    receipt_refusal: tuple[int, str] | None = None
    oversize: int = 0
    addresses: dict[str, bytes] = field(default_factory=dict)
    batch_states: list[Json] = field(default_factory=list)
    taken: dict[str, bytes] = field(default_factory=dict)
    # Resumable uploads by their batch ids: how many bytes they are to have, and those they have.
    uploads: dict[str, tuple[int, bytearray]] = field(default_factory=dict)
    rows: dict[str, Json] = field(default_factory=dict)
    receipt: bytes = b"{}"
    rejects: bytes = b"line,item,reason,text\n7,uscc,check-character,...\n"

    def fail(self, path: str, *faults: Fault) -> None:
        """Let the next answers of a path (up to its first id) fail like this, one after another."""
        self.faults[path].extend(faults)

    def to(self, path: str) -> list[Seen]:
        """The requests that arrived at paths beginning like this."""
        return [seen for seen in self.seen if seen.path.startswith(path)]

    def publish(self, sequence: int, *files: bytes) -> None:
        """A batch that changed something."""
        self.changes[sequence] = list(files)
        self.sequence = sequence

    def announce(self, content: bytes) -> Json:
        """A file of a manifest, at an address that nobody was told before."""
        path = f"/files/{len(self.addresses)}-{hashlib.sha256(content).hexdigest()}"
        self.addresses[path] = content
        return {
            "url": self.address + path,
            "bytes": len(content) + self.oversize,
            "rows": content.count(b"\n"),
            "digest": digest_field(content),
            "format": "csv",
            "expires_at": "2026-01-01T00:00:00Z",
        }


def digest_field(content: bytes) -> str:
    """Content-Digest of RFC 9530."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    door: Door

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def do_HEAD(self) -> None:
        self._serve(b"")

    def do_PATCH(self) -> None:
        fault = next((f for f in self.door.faults["/uploads"][:1] if f.cut_after), Fault())
        length = int(self.headers["Content-Length"] or 0) if fault.cut_after is None else 0
        self._serve(self.rfile.read(fault.cut_after or length))

    def log_message(self, *args: object) -> None:
        """Says nothing."""

    def _serve(self, body: bytes) -> None:
        door = self.door
        path = urlsplit(self.path).path
        door.seen.append(Seen(self.command, self.path, dict(self.headers.items()), body))
        waiting = next((f for p, f in door.faults.items() if f and path.startswith(p)), None)
        fault = waiting.pop(0) if waiting else Fault()
        if fault.before:
            fault.before()
        if fault.vanish:
            self.close_connection = True
            return
        if fault.status:
            headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            self._problem(fault.status, fault.code or f"fault-{fault.status}", headers)
        elif path.startswith("/files/"):
            self._file(path, fault)
        elif path.startswith("/uploads/"):
            self._upload(path.removeprefix("/uploads/"), body, fault)
        elif path == "/.well-known/oauth-authorization-server":
            issuer = door.issuer or door.address
            self._json({"issuer": issuer, "token_endpoint": f"{door.address}/oauth/token"})
        elif path == "/oauth/token":
            self._token(body)
        elif self._authorised():
            self._operation(path, body)

    def _token(self, body: bytes) -> None:
        name, _, coded = self.headers.get("Authorization", "").partition(" ")
        told = base64.b64decode(coded).decode()
        expected = "a+secret%3A+with+%2B+and+%25"
        if (name, told) != ("Basic", f"{CLIENT}:{expected}"):
            self._json({"error": "invalid_client", "error_description": "No such client."}, 401)
            return
        assert parse_qs(body.decode()) == {"grant_type": ["client_credentials"]}
        token = f"token-{len(self.door.tokens)}"
        self.door.tokens.append(token)
        self._json(
            {"access_token": token, "token_type": "Bearer", "expires_in": self.door.token_life}
        )

    def _authorised(self) -> bool:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token in self.door.tokens and token not in self.door.dead_tokens:
            return True
        self._problem(401, "unauthenticated")
        return False

    def _operation(self, path: str, body: bytes) -> None:
        door = self.door
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        match self.command, *path.removeprefix("/v1/").split("/"):
            case "GET", "me":
                department = {"id": DEPARTMENT, "name": "示例市市场监督管理局"}
                self._json(
                    {
                        "kind": "client",
                        "id": CLIENT,
                        "department": department,
                        "permissions": ["data:read", "batch:submit"],
                    }
                )
            case "GET", "grants":
                self._grants(query.get("cursor"))
            case "GET", "grants", _, "snapshot":
                files = [door.announce(content) for content in door.snapshot]
                self._json(self._place() | {"sequence": door.sequence, "files": files})
            case "GET", "grants", _, "changes":
                self._changes(int(query["after"]))
            case "POST", "grants", _, "lookup":
                keys = json.loads(body)["keys"]
                self._json({"rows": [door.rows[str(key)] for key in keys if str(key) in door.rows]})
            case "POST", "deliveries", _, "receipts":
                self._confirm(json.loads(body))
            case "POST", "resources", _, "batches":
                self._take_batch(body)
            case "POST", "resources", _, "uploads":
                self._open_upload()
            case "GET", "resources", _, "batches":
                self._json({"items": [self._batch()], "next": None})
            case "GET", "batches", _:
                self._json(self._batch())
            case "GET", "batches", _, "rejects":
                self._bytes(door.rejects, {"Content-Type": "text/csv"})
            case "GET", "log", "entries", _, "receipt":
                self._bytes(door.receipt, {"Content-Type": "application/json"})
            case _:
                self._problem(404, "not-found")

    def _place(self) -> Json:
        source = {
            "resource": RESOURCE,
            "name": "企业法人登记信息",
            "department": DEPARTMENT,
            "department_name": "示例市市场监督管理局",
            "data_at": "2026-11-21T18:00:00Z",
        }
        place = {"grant": GRANT, "resource": RESOURCE, "epoch": self.door.epoch}
        return place | {"columns": [], "source": source}

    def _grants(self, cursor: str | None) -> None:
        grant = {
            "id": GRANT,
            "state": "active",
            "resource": RESOURCE,
            "resource_name": "企业法人登记信息",
            "provider": DEPARTMENT,
            "provider_name": "示例市市场监督管理局",
            "purpose": "核对新设企业的税务登记" if cursor else "second thoughts\x1b[2J",
            "items": ["uscc", "name"],
            "valid_from": "2026-01-01T00:00:00Z",
            "valid_until": None,
        }
        self._json({"items": [grant], "next": None if cursor else "second page/="})

    def _changes(self, after: int) -> None:
        door = self.door
        if after > door.sequence:
            self._problem(400, "sequence-ahead")
            return
        due = [sequence for sequence in sorted(door.changes) if sequence > after]
        page = due[: door.changes_a_page]
        more = len(page) < len(due)
        batches = [
            {
                "sequence": sequence,
                "mode": "delta",
                "rows": 1,
                "files": [door.announce(content) for content in door.changes[sequence]],
            }
            for sequence in page
        ]
        to = max([after, *page]) if more else max(door.sequence, after)
        self._json(self._place() | {"from": after, "to": to, "more": more, "batches": batches})

    def _confirm(self, receipt: Json) -> None:
        if self.door.receipt_refusal is not None:
            self._problem(*self.door.receipt_refusal)
            return
        epoch, sequence = int(str(receipt["epoch"])), int(str(receipt["sequence"]))
        self.door.confirmed.append((epoch, sequence, str(receipt["digest"])))
        self._json({"state": "confirmed"})

    def _take_batch(self, body: bytes) -> None:
        if self.headers["Content-Digest"] != digest_field(body):
            self._problem(400, "digest-differs")
            return
        known = self.headers["Idempotency-Key"] in self.door.taken
        self.door.taken[self.headers["Idempotency-Key"]] = body
        self._json(self._batch(), 200 if known else 202)

    def _open_upload(self) -> None:
        key = self.headers["Idempotency-Key"]
        size, there = self.door.uploads.setdefault(
            key, (int(self.headers["Upload-Length"]), bytearray())
        )
        self._json(
            {
                "id": GRANT,
                "url": f"{self.door.address}/uploads/{key}",
                "batch": BATCH if len(there) == size else None,
            },
            201,
        )

    def _upload(self, key: str, body: bytes, fault: Fault) -> None:
        assert "Authorization" not in self.headers
        size, there = self.door.uploads[key]
        if self.command == "PATCH":
            assert self.headers["Content-Type"] == "application/offset+octet-stream"
            assert int(self.headers["Upload-Offset"]) == len(there)
            there += body
        if fault.cut_after is not None:
            self.close_connection = True
            return
        self._bytes(b"", {"Upload-Offset": str(len(there)), "Upload-Length": str(size)})

    def _batch(self) -> Json:
        states = self.door.batch_states
        state = states.pop(0) if len(states) > 1 else states[0]
        return {"id": BATCH, "key": "night-2026-11-21", **state}

    def _file(self, path: str, fault: Fault) -> None:
        content = self.door.addresses.get(path)
        if content is None:
            self._problem(404, "not-found")
            return
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        start = 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and self.headers.get("If-Range") == etag and not fault.ignore_range:
            start = int(asked[1])
        sent = content[start:]
        self.send_response(206 if start else 200)
        self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(sent)))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if fault.wrong_bytes:
            sent = bytes(len(sent))
        if fault.cut_after is not None:
            sent = sent[: fault.cut_after]
            self.close_connection = True
        if fault.stall_after is not None:
            self.wfile.write(sent[: fault.stall_after])
            self.connection.settimeout(60)
            # Until the client hangs up, which reads as the end.
            self.rfile.read(1)
            self.close_connection = True
            return
        self.wfile.write(sent)

    def _problem(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
        document = {
            "type": f"/problems/{code}",
            "title": "Refused",
            "status": status,
            "detail": "There is nothing here.",
            "code": code,
            "article": "baoji-2017 §16",
            "request_id": "request-7",
            "errors": [{"field": "body.keys", "code": "too-long", "message": "at most 1000"}],
        }
        content_type = {"Content-Type": "application/problem+json"}
        self._bytes(json.dumps(document).encode(), content_type | (headers or {}), status)

    def _json(self, document: Json, status: int = 200) -> None:
        content_type = {"Content-Type": "application/json"}
        self._bytes(json.dumps(document).encode(), content_type, status)

    def _bytes(self, body: bytes, headers: dict[str, str], status: int = 200) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up in the middle is part of the tests."""


@contextmanager
def opened(tls: ssl.SSLContext | None = None) -> Iterator[Door]:
    """A door that listens until the block ends, with TLS where a context is given."""
    door = Door()
    handler = type("Handler", (_Handler,), {"door": door})
    with _Server(("127.0.0.1", 0), handler) as server:
        scheme = "http"
        if tls is not None:
            scheme = "https"
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        door.address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield door
        finally:
            server.shutdown()
            thread.join()
