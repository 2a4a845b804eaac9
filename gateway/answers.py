"""What an answer of the gateway says beside what it answers, and what of a service it repeats.

Pure. The header `x-huitong-fault` tells whose fault a refusal or failure is: the `caller`'s, the
`platform`'s, or the `provider`'s, which only the service that spoke to the provider can know.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.errors import MEDIA_TYPE, DomainError, Fault, problem_document

Header = tuple[bytes, bytes]

# Unless the answer says otherwise: nothing is kept, guessed, framed or run.
ALWAYS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_ALWAYS_NAMES = frozenset(key for key, _ in ALWAYS)
_ALWAYS_LINES = b"".join([b"%b: %b\r\n" % header for header in ALWAYS])
REQUEST_ID = b"x-request-id"
_FAULTY = 400
FAULT = b"x-huitong-fault"
_FAULTS = frozenset({b"platform", b"provider", b"caller"})
_KEYS_DIGEST = b"x-huitong-keys-digest"
_KEYS_COUNT = b"x-huitong-keys-count"
_OURS = b"x-huitong-"
# Whose an answer of a provider's system is, of when, and whether it is the last good one.
_PROVENANCE = frozenset({b"x-huitong-answer", b"x-huitong-data-at", b"x-huitong-source"})
# Headers of one hop (RFC 9110 §7.6.1), and those that the gateway says itself.
_NOT_REPEATED = frozenset(
    b"connection keep-alive transfer-encoding server date upgrade x-request-id".split()
)
_END = b"\r\n\r\n"
# What says where a body ends.
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
_MOST_KNOWN = 1024
_LONGEST_KNOWN = 2048


def fault(status: int, said: bytes = b"") -> bytes | None:
    """Whose fault an answer of that status is, None where it is nobody's.

    `said` is what the service said of it; without a word, its failures are the platform's.
    """
    if status < _FAULTY:
        return None
    if said in _FAULTS:
        return said
    return b"platform" if status >= Fault.status else b"caller"


def refusal(error: DomainError, access_id: str, path: bytes) -> tuple[list[Header], bytes]:
    """The headers and the body of a refusal of a request for `path`."""
    body = problem_document(error, access_id, path.decode("latin-1"))
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", b"%d" % len(body)),
        (REQUEST_ID, access_id.encode()),
        (FAULT, fault(error.status) or b"caller"),
        *((k.lower().encode(), v.encode()) for k, v in error.headers.items()),
    ]
    return headers, body


@dataclass(slots=True)  # Not frozen: there is one for each request, and that would cost thrice.
class Repeated:
    """What of a service's answer goes on: `headers` to the caller, the digest of the keys that
    were looked up into the record, and how many they were to the quota.

    `lines` is the headers as they are written, with what every answer says; `states_length` is
    whether they say how long the body is."""

    headers: list[Header]
    keys_digest: str | None
    keys_count: int
    states_length: bool
    lines: bytes


class Head:
    """The beginning of a service's answer. The names of headers are in lower case.

    Nobody changes it: one and the same may begin many answers."""

    __slots__ = ("_repeated", "headers", "length", "size", "status")

    def __init__(self, status: int, headers: list[Header]) -> None:
        self.status = status
        self.headers = headers
        self._repeated: Repeated | None = None
        # Of a head that is known again (Heads): its own bytes, and those of the body behind it.
        self.size = self.length = 0

    @property
    def repeated(self) -> Repeated:
        """What of the answer goes on; found out once."""
        if self._repeated is None:
            self._repeated = _repeated(self)
        return self._repeated


class Heads:
    """Heads that were read before, by their very bytes: services say the same again and again.

    Known again is only what the parser has read as one whole answer with a stated length, so that
    knowing it and reading it cannot differ. What is said of one request alone is not remembered.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, Head] = {}

    def find(self, data: bytes) -> Head | None:
        """The head of `data`, where that is one whole answer whose head is known."""
        end = data.find(_END) + len(_END)
        head = self._known.get(data[:end])
        return head if head is not None and end + head.length == len(data) else None

    def learn(self, data: bytes, head: Head) -> None:
        """`data` was read as one whole answer, which begins with `head` or an interim one."""
        stated = [value for key, value in head.headers if key in _FRAMING]
        end = data.find(_END) + len(_END)
        if len(stated) != 1 or not stated[0].isdigit() or len(data) - end != int(stated[0]):
            return  # Chunks, no body, or an interim answer before it.
        if end > _LONGEST_KNOWN or any(key.startswith(_OURS) for key, _ in head.headers):
            return
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        head.size, head.length = end, len(data) - end
        self._known[data[:end]] = head


def _repeated(head: Head) -> Repeated:
    headers: list[Header] = []
    said, keys_digest, keys_count, chunked, lengthy = b"", None, 0, False, False
    for header in head.headers:
        key, value = header
        if key in _NOT_REPEATED:
            chunked = chunked or key == b"transfer-encoding"
        elif not key.startswith(_OURS):
            lengthy = lengthy or key == b"content-length"
            headers.append(header)
        elif key == _KEYS_DIGEST:
            keys_digest = value.decode("latin-1")
        elif key == _KEYS_COUNT:
            keys_count = int(value) if value.isdigit() and len(value) < 10 else 0
        elif key == FAULT:
            said = value
        elif key in _PROVENANCE:
            headers.append(header)
    if chunked and lengthy:
        # A length beside it would be a second opinion on where the answer ends.
        lengthy = False
        headers = [header for header in headers if header[0] != b"content-length"]
    if head.status >= _FAULTY:
        headers.append((FAULT, fault(head.status, said) or b"caller"))
    return Repeated(headers, keys_digest, keys_count, lengthy, _guarded_lines(headers))


def guarded(headers: list[Header]) -> list[Header]:
    """The headers, and of ALWAYS what they do not say themselves."""
    said = {key for key, _ in headers}
    return headers + [header for header in ALWAYS if header[0] not in said]


def blamed(status: int, headers: list[Header]) -> list[Header]:
    """The headers, and whose fault the answer is, where they do not say so themselves."""
    whose = fault(status)
    if whose is None or any(key == FAULT for key, _ in headers):
        return headers
    return [*headers, (FAULT, whose)]


def lines(headers: Iterable[Header]) -> bytes:
    """The headers as they are written."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])


def _guarded_lines(headers: list[Header]) -> bytes:
    """`guarded` as lines."""
    if _ALWAYS_NAMES.isdisjoint([key for key, _ in headers]):
        return lines(headers) + _ALWAYS_LINES
    return lines(guarded(headers))


def in_chunk(body: bytes, *, last: bool) -> bytes:
    """A piece of a body whose length nobody knew (RFC 9112 §7.1)."""
    framed = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    return framed + b"0\r\n\r\n" if last else framed
