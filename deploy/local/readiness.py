"""Whether a process answers that it is ready."""

import http.client
import socket
import ssl

from shared import sockets


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket of any depth."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket instead of a host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(sockets.short(self._path))


def answer(address: str, within: float = 3.0) -> str:
    """What GET /readyz says at `unix:/path`, `host:port` or `tls:host:port`: "ready", or the
    reason why not."""
    connection: http.client.HTTPConnection
    if address.startswith("unix:"):
        connection = _UnixConnection(address.removeprefix("unix:"), within)
    elif address.startswith("tls:"):
        host, _, port = address.removeprefix("tls:").rpartition(":")
        # Our own process on this machine, under a name that its certificate need not carry.
        trusting = ssl._create_unverified_context()  # noqa: S323 - nothing secret is said
        connection = http.client.HTTPSConnection(host, int(port), timeout=within, context=trusting)
    else:
        host, _, port = address.rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=within)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        said = response.read(200).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException):
        return "does not answer"
    finally:
        connection.close()
    return "ready" if response.status == 200 else said or f"answers {response.status}"
