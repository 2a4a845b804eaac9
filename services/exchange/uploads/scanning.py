"""What comes in looked at by a malware scanner, over the protocol of ClamAV's clamd (INSTREAM).

Nothing is held in memory but what is on its way. clamd takes streams up to a bound of its own;
what is larger is text and goes in windows of that size, each beginning with the end of the one
before it, so that no signature lies across a border unseen. Runs in the worker's threads.
"""

import re
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from services.exchange.tables.formats import Content, Format, Packing
from services.exchange.tables.packing import Unpacked
from services.exchange.tables.refusals import BatchRefused

UNSCANNED = "none"
_PIECE = 128 * 1024
# Longer than any signature's reach that is not of a whole file.
OVERLAP = 1 << 20
_LEAST_WINDOW = 2 * OVERLAP
_UNIX = "unix:"
_CONNECT_SECONDS, _ANSWER_SECONDS = 5.0, 300.0
_LONGEST_ANSWER = 4096
_LENGTH = struct.Struct(">I")
_FOUND = re.compile(r"stream: (.{1,200}) FOUND", re.DOTALL)
# Tables that are packed in themselves: their bytes say nothing in parts.
_WHOLE = (Format.XLSX, Format.PARQUET)


class ScannerAway(OSError):
    """The scanner does not answer, or cannot take what it was sent: the batch waits."""


class Infected(Exception):
    """The scanner found something; `signature` is its name of it."""

    def __init__(self, signature: str) -> None:
        super().__init__(signature)
        self.signature = signature


class Scanner:
    """A clamd at `unix:/path/of/its.sock` or `host:port`; `window` bytes are sent it at most."""

    def __init__(self, address: str, window: int) -> None:
        """Raises ValueError for an address that is neither, or too small a window."""
        self._path = address.removeprefix(_UNIX) if address.startswith(_UNIX) else None
        host, _, port = address.rpartition(":")
        if self._path is None and not (host and port.isdecimal()):
            raise ValueError("a scanner is unix:/path or host:port")
        if window < _LEAST_WINDOW:
            raise ValueError(f"a scanner's window has {_LEAST_WINDOW} bytes at least")
        self._at = (host.strip("[]"), int(port)) if self._path is None else None
        self.window = window

    def answers(self) -> bool:
        """Whether it is there."""
        try:
            with self._connected() as line:
                line.sendall(b"zPING\0")
                return _answer(line) == "PONG"
        except OSError:
            return False

    def check(self, pieces: Iterable[bytes]) -> None:
        """Let it look at one stream. Raises Infected, ScannerAway."""
        try:
            with self._connected() as line:
                line.sendall(b"zINSTREAM\0")
                whole = self._send(line, pieces)
                said = _answer(line)
        except OSError as error:
            raise ScannerAway(f"the scanner is away ({type(error).__name__})") from error
        found = _FOUND.fullmatch(said)
        if found is not None:
            raise Infected(re.sub(r"[^\w.:/-]", "?", found[1]))
        if said != "stream: OK" or not whole:
            # Its bound is smaller than ours, or it has no signatures: its administrator's matter.
            raise ScannerAway("the scanner does not say what it found")

    def _send(self, line: socket.socket, pieces: Iterable[bytes]) -> bool:
        """Whether it took all of them; it may say why it hung up before."""
        try:
            for piece in pieces:
                for start in range(0, len(piece), _PIECE):
                    part = piece[start : start + _PIECE]
                    line.sendall(_LENGTH.pack(len(part)) + part)
            line.sendall(_LENGTH.pack(0))
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def _connected(self) -> socket.socket:
        if self._at is not None:
            line = socket.create_connection(self._at, _CONNECT_SECONDS)
        else:
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                line.settimeout(_CONNECT_SECONDS)
                line.connect(str(self._path))
            except BaseException:
                line.close()
                raise
        line.settimeout(_ANSWER_SECONDS)
        return line


def scanner_of(address: str, window: int) -> Scanner | None:
    """The scanner of a setting, None where there is none. Raises ValueError."""
    return None if address in ("", UNSCANNED) else Scanner(address, window)


def scan(
    scanner: Scanner,
    file: BinaryIO,
    size: int,
    content: Content,
    largest: int,
    heed: Callable[[], None],
) -> None:
    """Let the scanner see all of a batch; `heed` is called before each stream and may raise.

    A packed batch that is larger than a window is shown as what is in it, which is what the
    platform reads of it; that may be `largest` bytes. Raises BatchRefused, ScannerAway.
    """
    try:
        if size <= scanner.window:
            heed()
            scanner.check(_pieces(file))
        elif content.format in _WHOLE:
            raise BatchRefused(
                "scan-too-large",
                f"文件超过恶意代码检测的上限 {scanner.window >> 20} MiB，请分批提交，或改用 CSV "
                f"(larger than the {scanner.window >> 20} MiB that the malware scanner takes of "
                "such a file; split it, or send it as CSV)",
            )
        elif content.packing is Packing.NONE:
            in_windows(scanner, _pieces(file), heed)
        else:
            in_windows(scanner, Unpacked(file, size, content.packing, largest).pieces(), heed)
    except Infected as infected:
        raise BatchRefused(
            "infected",
            f"检测到恶意代码 {infected.signature}，文件已拒收，请查杀来源系统 "
            f"(the malware scanner found {infected.signature}; clean the system of its origin)",
        ) from None


def in_windows(scanner: Scanner, pieces: Iterable[bytes], heed: Callable[[], None]) -> None:
    """Let it look at streams of a window each, which overlap. Raises Infected, ScannerAway."""
    source = iter(pieces)
    tail, rest = b"", next(source, b"")

    def window() -> Iterator[bytes]:
        nonlocal tail, rest
        left = scanner.window - len(tail)
        if tail:
            yield tail
        while rest and left:
            part, rest = rest[:left], rest[left:] or next(source, b"")
            left -= len(part)
            tail = (tail + part)[-OVERLAP:]
            yield part

    while rest:
        heed()
        scanner.check(window())


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_PIECE):
        yield piece


def _answer(line: socket.socket) -> str:
    """What it says, up to its zero byte. Raises OSError where it says nothing."""
    said = b""
    while not said.endswith(b"\0") and len(said) < _LONGEST_ANSWER:
        more = line.recv(_LONGEST_ANSWER)
        if not more:
            break
        said += more
    if not said:
        raise ConnectionResetError("no answer")
    return said.rstrip(b"\0\n").decode("utf-8", "replace")
