"""A malware scanner of a test that speaks clamd's protocol over a real socket."""

import contextlib
import socketserver
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

# What every scanner finds and nobody fears (EICAR), put together so that this file is clean.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Clamd:
    """What it saw, and how much of a stream it takes."""

    def __init__(self, largest: int = 1 << 30) -> None:
        self.largest = largest
        self.streams: list[int] = []


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        clamd: Clamd = self.server.clamd  # type: ignore[attr-defined]  # put there by `listening`
        command = b""
        while not command.endswith(b"\0"):
            command += self.rfile.read(1)
        if command == b"zPING\0":
            self.wfile.write(b"PONG\0")
            return
        assert command == b"zINSTREAM\0"
        seen = b""
        while length := struct.unpack(">I", self.rfile.read(4))[0]:
            seen += self.rfile.read(length)
            if len(seen) > clamd.largest:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        clamd.streams.append(len(seen))
        found = EICAR in seen
        self.wfile.write(b"stream: Eicar-Signature FOUND\0" if found else b"stream: OK\0")


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that hangs up is part of the tests."""


@contextlib.contextmanager
def listening(path: Path, clamd: Clamd) -> Iterator[str]:
    """It listens at a socket for the block; the setting that names it."""
    path.unlink(missing_ok=True)
    with _Server(str(path), _Handler) as server:
        server.clamd = clamd  # type: ignore[attr-defined]  # read by the handler
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"unix:{path}"
        finally:
            server.shutdown()
            thread.join()
