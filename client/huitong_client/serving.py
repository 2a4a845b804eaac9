"""Serving: a front-end machine takes its department's calls and asks the system behind it.

One long request asks for calls; whatever comes is accepted, asked of the system at most once, and
its answer handed on. The machine opens every connection itself, so its firewall lets nothing in.
"""

import logging
import re
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from uuid import UUID

import httpx
import orjson

from huitong_client import private_files, wire
from huitong_client.errors import HuitongError, LocalTrouble, Refused, Unreachable
from huitong_client.platform import Platform
from huitong_client.transport import AGENT, Call, discreetly
from huitong_client.wire import Shape

WAIT_SECONDS: Final = 20
_ANSWER_WITHIN: Final = 60.0
_IN_MEMORY: Final = 1 << 20
_PIECE: Final = 128 * 1024
_MOST_AT_ONCE: Final = 32
_AFTER_TROUBLE: Final = 2.0
# Name: value, as in a request (RFC 9110 §5).
_HEADER: Final = re.compile(
    r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?)"
)
_FRAMING: Final = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class System:
    """The department's own system: its address, and what it wants to be shown."""

    address: str
    headers: Mapping[str, str] = field(repr=False)


def system(address: str, headers: Path | None) -> System:
    """The system at an address. Raises LocalTrouble, and NotLoggedIn where others could read the
    file."""
    try:
        url = httpx.URL(address.strip())
    except httpx.InvalidURL:
        raise LocalTrouble("system-unfit", address=address) from None
    plain = url.host and not url.userinfo and not url.query and not url.fragment
    if not plain or url.scheme not in ("http", "https"):
        raise LocalTrouble("system-unfit", address=address)
    return System(str(url).rstrip("/"), {} if headers is None else _headers(headers))


def _headers(path: Path) -> dict[str, str]:
    told = private_files.read(path)
    if told is None:
        raise LocalTrouble("unreadable", path=path)
    found: dict[str, str] = {}
    for number, line in enumerate(told.decode("ascii", "replace").splitlines(), start=1):
        if not line.strip():
            continue
        match = _HEADER.fullmatch(line.strip())
        if match is None or match[1].lower() in _FRAMING:
            # Not the line itself: it is a secret.
            raise LocalTrouble("header-unfit", path=path, line=number)
        found[match[1]] = match[2]
    return found


@dataclass(frozen=True, slots=True)
class Accepted:
    """A call that is this machine's: what to ask the system, and for how long."""

    call: UUID
    operation: str
    method: str
    target: str = field(repr=False)
    accept: str
    content_type: str | None
    body: str | None = field(repr=False)
    seconds: float
    most_bytes: int

    @classmethod
    def read(cls, shape: Shape) -> "Accepted":
        """From the platform's answer."""
        return cls(
            call=shape.identifier("call"),
            operation=shape.text("operation"),
            method=shape.text("method"),
            target=shape.text("target"),
            accept=shape.text("accept"),
            content_type=shape.text_or_none("content_type"),
            body=shape.text_or_none("body"),
            seconds=shape.number("seconds"),
            most_bytes=shape.whole("most_bytes"),
        )


class Serving:
    """One machine at work. `told` hears of each call: its operation, and how it ended."""

    def __init__(
        self,
        platform: Platform,
        behind: System,
        *,
        resources: Sequence[UUID],
        at_once: int,
        told: Callable[[str, str], None],
    ) -> None:
        self._platform = platform
        self._system = behind
        self._resources = [str(resource) for resource in resources] or None
        self._at_once = min(at_once, _MOST_AT_ONCE)
        self._told = told
        self._free = threading.Semaphore(self._at_once)
        self._stopping = threading.Event()
        # The system stands in this network: no proxy, and no redirect to elsewhere.
        self._http = httpx.Client(trust_env=False, headers={"User-Agent": AGENT})

    def run(self) -> None:
        """Take calls until interrupted; those under way are answered first.

        Raises Refused where the platform does not let this machine serve.
        """
        with self._http, ThreadPoolExecutor(self._at_once, "call") as pool:
            try:
                while True:
                    self._free.acquire()
                    self._free.release()
                    calls, pause = self._take()
                    for call in calls:
                        self._free.acquire()
                        pool.submit(self._answer, call)
                    self._stopping.wait(pause)
            finally:
                self._stopping.set()

    def _take(self) -> tuple[list[UUID], float]:
        wanted = {"resources": self._resources, "at_most": self._at_once, "seconds": WAIT_SECONDS}
        call = Call(
            "POST",
            "/v1/served-calls",
            headers={"Content-Type": "application/json"},
            content=orjson.dumps(wanted),
            answer_within=WAIT_SECONDS + 20.0,
        )
        try:
            found = self._read(call)
        except Unreachable:
            # A line that is down comes up again; this command is there for years.
            self._told("-", "unreachable")
            return [], _AFTER_TROUBLE
        ids = [UUID(one) for one in found.texts("calls")]
        return ids, found.number("again_in_seconds")

    def _answer(self, call: UUID) -> None:
        try:
            accepted = Accepted.read(
                self._read(Call("POST", f"/v1/served-calls/{call}/accept", repeatable=False))
            )
            self._told(accepted.operation, self._ask(accepted))
        except Refused as refused:
            # Another machine was quicker, or nobody waits any more.
            self._told("-", refused.code)
        except HuitongError as error:
            self._told("-", error.sentence)
        except Exception:
            _log.exception("a call failed")
        finally:
            self._free.release()

    def _ask(self, call: Accepted) -> str:
        headers = {"Accept": call.accept, "Accept-Encoding": "identity", **self._system.headers}
        if call.content_type is not None:
            headers["Content-Type"] = call.content_type
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            try:
                # The target may hold what is personal: it stands in no log of this machine.
                with (
                    discreetly(),
                    self._http.stream(
                        call.method,
                        self._system.address + call.target,
                        headers=headers,
                        content=None if call.body is None else call.body.encode(),
                        timeout=httpx.Timeout(max(call.seconds, 0.1), connect=5.0),
                    ) as response,
                ):
                    if not _keep(response, file, call.most_bytes):
                        return self._fail(call, "broke-off")
                    kind, status = response.headers.get("content-type"), response.status_code
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL):
                return self._fail(call, "unreachable")
            except httpx.TimeoutException:
                return self._fail(call, "late")
            except httpx.HTTPError:
                return self._fail(call, "broke-off")
            return self._hand_on(call, status, kind, file)

    def _hand_on(self, call: Accepted, status: int, kind: str | None, file: IO[bytes]) -> str:
        def pieces() -> Iterator[bytes]:
            file.seek(0)
            while piece := file.read(_PIECE):
                yield piece

        headers = {"Content-Length": str(file.tell())}
        if kind is not None:
            headers["Content-Type"] = kind
        answer = Call(
            "POST",
            f"/v1/served-calls/{call.call}/answer",
            params={"status": str(status)},
            headers=headers,
            content=pieces,
            repeatable=False,
            answer_within=_ANSWER_WITHIN,
        )
        self._platform.gateway.perform(answer, lambda response: response.read())
        return str(status)

    def _fail(self, call: Accepted, wrong: str) -> str:
        said = Call(
            "POST",
            f"/v1/served-calls/{call.call}/fail",
            headers={"Content-Type": "application/json"},
            content=orjson.dumps({"wrong": wrong}),
            repeatable=False,
        )
        self._platform.gateway.perform(said, lambda response: response.read())
        return wrong

    def _read(self, call: Call) -> Shape:
        return wire.parse(
            self._platform.gateway.perform(call, lambda response: response.read()), call.path
        )


def _keep(response: httpx.Response, file: IO[bytes], most: int) -> bool:
    """The body into the file; False where it is more than the interface registered."""
    for piece in response.iter_raw(_PIECE):
        most -= len(piece)
        if most < 0:
            return False
        file.write(piece)
    return True
