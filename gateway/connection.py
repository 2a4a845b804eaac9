"""A caller's connection: what belongs to another service is relayed, all else goes to ASGI.

Relayed without a task or a copy: requests under a rule of another service, of HTTP/1.1, without
a body or with a small one whose length is stated. A body in chunks, a large one, `Expect`,
`Upgrade`, a request behind another on the same connection, and everything that the gateway
answers itself takes the way that uvicorn has for every application; both ways ask the same
admission. docs/decisions tells why.
"""

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.admission import Admission, Awaited, Refused, Request
from gateway.certificates.presented import Certified, Vouchers, scope_extension
from gateway.crowd import Crowd
from gateway.headers import Headers
from gateway.matching import Matched
from gateway.patience import Patience
from gateway.proxies import Proxies
from gateway.relay import Relay
from gateway.upstream import Upstream
from shared import clock
from shared.connections import Bounded
from shared.errors import Fault

# A request line that means to every reader what it means to the parser.
_PLAIN_LINE = re.compile(
    rb"GET (/[A-Za-z0-9._~/%-]*)(?:\?([A-Za-z0-9._~/%&=,:+-]*))? HTTP/1\.1\r\n"
)
_LONGEST_KNOWN = 4096
_BREAK, _END = b"\r\n", b"\r\n\r\n"
# Larger bodies are streamed.
SMALL_BODY = 64 * 1024
_NO_BODY = -1
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ways:
    """What a connection needs in order to relay."""

    admission: Admission
    upstreams: Mapping[str, Upstream]
    patience: Patience
    proxies: Proxies
    crowd: Crowd
    vouchers: Vouchers = field(default_factory=Vouchers, kw_only=True)


@dataclass(slots=True)
class Asked:
    """What is asked of a service, and by which rule."""

    request: Request
    query: bytes
    matched: Matched


@dataclass(slots=True)
class Known:
    """A request without a body that was read: its line, its header lines with the empty one that
    ends them, and what they ask."""

    line: bytes
    lines: bytes
    asked: Asked


class Connection(Bounded):
    """One connection of the gateway's.

    Callers repeat themselves: a request whose header lines are byte for byte those of the one
    before is not parsed again. That holds for one request alone in what arrived, between two
    messages, of a plain request line and without a body; all else goes through the parser.
    """

    def __init__(self, *arguments: Any, ways: Ways, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._ways = ways
        self._relay: Relay | None = None
        # The address under which it is counted in the crowd.
        self._counted: str | None = None
        # What is known of the caller's certificate, asked for once.
        self._certified: Certified | None = None
        # The request that may be known again, one that the parser has just read, and how many
        # messages it has begun.
        self._known: Known | None = None
        self._read: Asked | None = None
        self._messages = 0
        self._dated: tuple[list[tuple[bytes, bytes]] | None, bytes] = (None, b"")

    # what a relay sees of its caller

    @property
    def dated(self) -> bytes:
        """The headers that the server puts on every answer, as lines."""
        default = self.server_state.default_headers
        if self._dated[0] is not default:
            self._dated = (default, b"".join([b"%b: %b\r\n" % header for header in default]))
        return self._dated[1]

    @property
    def takes(self) -> bool:
        """Whether the caller reads as fast as it is sent to."""
        return not self.flow.write_paused

    # uvicorn's protocol

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        address = self.client[0] if self.client else "local"
        full = self._ways.crowd.enter(address)
        if full is None:
            self._counted = address
        else:
            self.refuse(full)

    def data_received(self, data: bytes) -> None:
        known, between = self._known, self._is_between()
        if known is not None and between and data.endswith(known.lines):
            try:
                if self._again(known, data[: -len(known.lines)]):
                    return
            except Exception:
                self._failed()
                return
        self._read, messages = None, self._messages
        super().data_received(data)
        if between and self._messages == messages + 1:
            self._learn(data)

    def on_message_begin(self) -> None:
        self._messages += 1
        # As uvicorn's, without a scope: what is relayed needs none.
        self._begin()
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        try:
            relayed = self._relayed()
        except Exception:
            # The parser would take it for a fault of the request's.
            self._failed()
            return
        if not relayed:
            self._begin_scope()
            super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._counted is not None:
            self._ways.crowd.leave(self._counted)
            self._counted = None
        relay = self._relay
        # uvicorn tells the newest request only, which may be another.
        if relay is not None and not relay.response_complete and not relay.disconnected:
            relay.disconnected = True
            relay.set()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._relay is not None and not self._relay.response_complete:
            self._relay.taking()

    def _is_between(self) -> bool:
        """Whether the parser stands between two messages, the earlier of which is answered."""
        cycle = self.cycle
        answered = cycle is None or (cycle.response_complete and not cycle.more_body)
        return answered and not self.in_head and not self.refused

    def _begin_scope(self) -> None:
        """Make the scope of the request whose head is here."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        if self._certified is None:
            self._certified = self._ways.vouchers.of(self._shown(), self._peer())
        if self._certified:
            self.scope["extensions"] = scope_extension(self._certified)

    def _peer(self) -> str | None:
        return self.client[0] if self.client else None

    def _shown(self) -> bytes | None:
        """The certificate that the caller proved in this connection's own handshake (DER)."""
        tls = self.transport.get_extra_info("ssl_object")
        found: bytes | None = tls.getpeercert(binary_form=True) if tls is not None else None
        return found

    def _relayed(self) -> bool:
        """Relay the request whose head is here; False where it takes the other way."""
        if self.cycle is not None and not self.cycle.response_complete:
            return False
        parser = self.parser
        stated = self._stated_length()
        if stated is None or self.expect_100_continue or parser.get_http_version() != "1.1":
            return False
        path, _, query = self.url.partition(b"?")
        method = parser.get_method().decode("ascii")
        admission = self._ways.admission
        matched = admission.match(method, path)
        if matched is None or matched.rule.service not in self._ways.upstreams:
            return False
        address = self._ways.proxies.caller(self._peer(), self.headers, tls=self.scheme == "https")
        if address is None:
            return False
        if self._certified is None:
            self._certified = self._ways.vouchers.of(self._shown(), self._peer())
        request = Request(method, path, Headers(self.headers), address, self._certified)
        asked = Asked(request, query, matched)
        keeps = parser.should_keep_alive()
        if stated != _NO_BODY:
            return self._relay_it(asked, stated, keeps=keeps)
        if keeps:
            self._read = asked
        return self._relay_it(asked, None, keeps=keeps)

    def _relay_it(self, asked: Asked, length: int | None, *, keeps: bool) -> bool:
        """Relay a request, whose body has that length; False where it takes the other way."""
        ways, request, matched = self._ways, asked.request, asked.matched
        verdict = ways.admission.admit_now(request, matched, clock.now())
        if isinstance(verdict, Awaited):
            return False
        self.head_is_here()
        relay = Relay(
            self,
            ways.admission,
            ways.patience,
            request,
            query=asked.query,
            length=length,
            keep_alive=keeps,
        )
        self.cycle = self._relay = relay  # type: ignore[assignment]  # it has what is read of one
        if isinstance(verdict, Refused):
            relay.refused(verdict)
        else:
            relay.admitted(verdict, ways.upstreams[matched.rule.service])
        return True

    def _again(self, known: Known, line: bytes) -> bool:
        """Relay the request of that line with the known header lines; False where the parser has
        to read it."""
        if line != known.line:
            plain = _PLAIN_LINE.fullmatch(line)
            matched = self._ways.admission.match("GET", plain[1]) if plain is not None else None
            if plain is None or matched is None or matched.rule.service not in self._ways.upstreams:
                return False
            said = known.asked.request
            request = Request("GET", plain[1], said.headers, said.address, said.certified)
            known.line, known.asked = line, Asked(request, plain[2] or b"", matched)
        self.word_is_here()
        if not self._relay_it(known.asked, None, keeps=True):
            return False
        relay = self._relay
        if relay is not None and not relay.response_complete:
            relay.more_body = False
            relay.set()
        return True

    def _learn(self, data: bytes) -> None:
        """Know the one request in `data` again, where it was relayed and had no body."""
        read, end = self._read, data.find(_BREAK) + len(_BREAK)
        if (
            read is not None
            and len(data) <= _LONGEST_KNOWN
            and data.find(_END) + len(_END) == len(data)
            and _PLAIN_LINE.fullmatch(data, 0, end)
        ):
            self._known = Known(data[:end], data[end:], read)

    def _failed(self) -> None:
        _log.exception("unhandled error")
        self.refuse(Fault("The platform failed; its log tells why."))

    def _stated_length(self) -> int | None:
        """The length of the body, _NO_BODY where there is none; None where it is not plainly
        one that can be relayed."""
        length = _NO_BODY
        for name, value in self.headers:
            if name == b"content-length":
                if length != _NO_BODY or not value.isdigit() or len(value) > 5:
                    return None
                length = int(value)
            elif name in (b"transfer-encoding", b"upgrade"):
                return None
        return None if length > SMALL_BODY else length
