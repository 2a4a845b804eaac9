"""A caller's connection: what belongs to another service is relayed, all else goes to ASGI.

Relayed without a task or a copy: requests under a rule of another service, of HTTP/1.1, without
a body or with a small one whose length is stated. A body in chunks, a large one, `Expect`,
`Upgrade`, a request behind another on the same connection, and everything that the gateway
answers itself takes the way that uvicorn has for every application; both ways ask the same
admission. docs/decisions tells why.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.admission import Admission, Awaited, Refused, Request
from gateway.certificates.presented import Certified, Vouchers, scope_extension
from gateway.crowd import Crowd
from gateway.headers import Headers
from gateway.patience import Patience
from gateway.proxies import Proxies
from gateway.relay import Relay
from gateway.upstream import Upstream
from shared import clock
from shared.connections import Bounded
from shared.errors import Fault

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


class Connection(Bounded):
    """One connection of the gateway's."""

    def __init__(self, *arguments: Any, ways: Ways, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._ways = ways
        self._relay: Relay | None = None
        # The address under which it is counted in the crowd.
        self._counted: str | None = None
        # What is known of the caller's certificate, asked for once.
        self._certified: Certified | None = None
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

    def on_message_begin(self) -> None:
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
            _log.exception("unhandled error")
            self.refuse(Fault("The platform failed; its log tells why."))
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
        verdict = admission.admit_now(request, matched, clock.now())
        if isinstance(verdict, Awaited):
            return False
        self.head_is_here()
        relay = Relay(
            self,
            admission,
            self._ways.patience,
            request,
            query=query,
            length=None if stated == _NO_BODY else stated,
            keep_alive=parser.should_keep_alive(),
        )
        self.cycle = self._relay = relay  # type: ignore[assignment]  # it has what is read of one
        if isinstance(verdict, Refused):
            relay.refused(verdict)
        else:
            relay.admitted(verdict, self._ways.upstreams[matched.rule.service])
        return True

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
