"""Which character set a file is in, and any other than UTF-8 turned into UTF-8."""

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from services.exchange.tables.refusals import BatchRefused

_SNIFFED = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "utf-16": "utf-16-le",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}

# GB 18030-2022 gives these code points their standard characters; Python's codec still has the
# private-use ones of the edition of 2000.
PRIVATE = dict(
    zip(
        "\ue78d\ue78e\ue78f\ue790\ue791\ue792\ue793\ue794\ue795\ue796"
        "\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864",
        "\ufe10\ufe12\ufe11\ufe13\ufe14\ufe15\ufe16\ufe17\ufe18\ufe19"
        "\u9fb4\u9fb5\u9fb6\u9fb7\u9fb8\u9fb9\u9fba\u9fbb",
        strict=True,
    )
)
_ANY_PRIVATE = re.compile(f"[{''.join(PRIVATE)}]")

_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def textual(text: str) -> str:
    """The text with U+FFFD for what no text can hold, which a later check finds."""
    return _NO_TEXT.sub("\ufffd", text) if _NO_TEXT.search(text) else text


def to_utf8(chunks: Iterable[bytes], declared: str | None = None) -> Iterator[bytes]:
    """The same text as UTF-8 without a byte-order mark, chunk by chunk.

    A mark at the beginning decides; then `declared` (the charset of the Content-Type); then
    what the first mebibyte looks like. Bytes that mean nothing in GB18030 or UTF-16 become
    U+FFFD, which a later check finds; UTF-8 is passed on as it came.
    Raises BatchRefused for a declared charset that is not read here.
    """
    source = iter(chunks)
    head = bytearray()
    for chunk in source:
        head += chunk
        if len(head) >= _SNIFFED:
            break
    encoding, mark = _decide(bytes(head), declared)
    rest = chain([bytes(head[mark:])], source)
    if encoding == "utf-8":
        yield from rest
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    for chunk in rest:
        yield _standard(decoder.decode(chunk)).encode()
    yield _standard(decoder.decode(b"", final=True)).encode()


def _decide(head: bytes, declared: str | None) -> tuple[str, int]:
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding, len(mark)
    if declared:
        known = _DECLARED.get(declared.strip().strip('"').lower())
        if known is None:
            raise BatchRefused(
                "charset-unknown",
                "不支持的字符集，请用 UTF-8、GB18030 或 UTF-16 "
                "(this charset is not read; send UTF-8, GB18030 or UTF-16)",
            )
        return known, 0
    if head[:4096].count(0) > len(head[:4096]) // 8:
        even = head[0:4096:2].count(0)
        return ("utf-16-be" if even > head[1:4096:2].count(0) else "utf-16-le"), 0
    return _utf8_or_gb18030(head), 0


def _utf8_or_gb18030(head: bytes) -> str:
    # The last bytes may be the beginning of a character that the sniffed part cuts.
    utf8 = codecs.getincrementaldecoder("utf-8")(errors="replace").decode(head)
    damaged = utf8.count("\ufffd") - head.count(b"\xef\xbf\xbd")
    if damaged <= 0:
        return "utf-8"
    gb18030 = codecs.getincrementaldecoder("gb18030")(errors="replace").decode(head)
    return "gb18030" if gb18030.count("\ufffd") < damaged else "utf-8"


def _standard(text: str) -> str:
    return _ANY_PRIVATE.sub(lambda found: PRIVATE[found.group()], text)
