"""The way to the gateway: a token on every call, patience, and refusals as exceptions."""

import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import httpx

from huitong_client.addresses import is_loopback
from huitong_client.certificates import Own
from huitong_client.problems import refusal, unreachable
from huitong_client.retries import PASSING, Passing, Patience, persist, seconds
from huitong_client.tokens import Tokens

T = TypeVar("T")

AGENT = "huitong-client/0.1.0"
_UNAUTHENTICATED = 401
_quiet: ContextVar[bool] = ContextVar("huitong_client_quiet", default=False)


class _Discretion(logging.Filter):
    """Keeps addresses that are themselves the permission out of httpx's own log lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not _quiet.get()


logging.getLogger("httpx").addFilter(_Discretion())


@contextmanager
def discreetly() -> Iterator[None]:
    """Within, httpx logs no address: who holds a capability address holds the file."""
    before = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(before)


def connect(gateway: str, ca_file: str | None, own: Own | None = None) -> httpx.Client:
    """An HTTP client that verifies certificates, against `ca_file` alone where one is given, and
    shows the machine's own where it has one.

    OSError where `ca_file` cannot be read, NotLoggedIn where the own certificate cannot be used.
    Follows no redirects: a token is for one place.
    """
    context = ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context()
    if own is not None:
        own.show(context)
    return httpx.Client(
        verify=context,
        headers={"User-Agent": AGENT},
        timeout=httpx.Timeout(60.0, connect=10.0),
        # What goes to this very machine does not go through a proxy.
        trust_env=not is_loopback(httpx.URL(gateway)),
    )


@dataclass(frozen=True, slots=True)
class Call:
    """One operation. `repeatable` where doing it twice is the same as doing it once."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | Callable[[], Iterator[bytes]] | None = None
    repeatable: bool = True
    answer_within: float = 60.0


class Gateway:
    """The gateway, seen from a department's system."""

    def __init__(
        self, http: httpx.Client, address: str, tokens: Tokens, patience: Patience
    ) -> None:
        self.address = address
        self._http = http
        self._tokens = tokens
        self._patience = patience

    def perform(self, call: Call, take: Callable[[httpx.Response], T]) -> T:
        """Do the call and hand its successful answer, not yet read, to `take`.

        `take` may be called more than once if the line breaks while it reads. Raises Refused,
        Unreachable, and what `take` raises.
        """
        rejected: list[str] = []

        def attempt() -> T:
            token = self._tokens.after(rejected[-1]) if rejected else self._tokens.current()
            try:
                with self._send(call, token) as response:
                    if response.is_success:
                        return take(response)
                    response.read()
            except httpx.TransportError as error:
                outcome = unreachable(error)
                if call.repeatable and outcome.sentence != "certificate":
                    raise Passing(outcome) from error
                raise outcome from error
            status = response.status_code
            if status == _UNAUTHENTICATED and not rejected:
                # The token ended early (a restart, a new key): once, a new one is worth a try.
                rejected.append(token)
                return attempt()
            if status in PASSING and call.repeatable:
                after = seconds(response.headers.get("retry-after"), datetime.now(UTC))
                raise Passing(refusal(response), asked_for=after)
            raise refusal(response)

        return persist(self._patience, attempt)

    @contextmanager
    def _send(self, call: Call, token: str) -> Iterator[httpx.Response]:
        content = call.content() if callable(call.content) else call.content
        headers = {
            "Accept": "application/json, application/problem+json",
            **call.headers,
            "Authorization": f"Bearer {token}",
        }
        timeout = httpx.Timeout(60.0, connect=10.0, read=call.answer_within)
        with self._http.stream(
            call.method,
            self.address + call.path,
            params=dict(call.params) or None,
            headers=headers,
            content=content,
            timeout=timeout,
        ) as response:
            yield response
