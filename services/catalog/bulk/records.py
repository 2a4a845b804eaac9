"""Entries as another system sends them: JSON lines, or one JSON array.

Each is an entry as `POST /v1/resources` takes it, with the department's own identifier beside
it as `external_id`. Members and codes of another product are translated by a named mapping.
"""

import io
from collections.abc import Iterator
from typing import BinaryIO, Final

import orjson
from pydantic import JsonValue

from services.catalog.bulk.found import Found, Place, Problem, Unreadable
from services.catalog.mappings.translation import Translation

IDENTIFIER: Final = "external_id"
MOST_ENTRIES: Final = 10_000
LONGEST_LINE: Final = 4 << 20
LARGEST_ARRAY: Final = 16 << 20
_DEEPEST: Final = 8


def read(file: BinaryIO, translation: Translation) -> Iterator[Found | Problem]:
    """The entries, in order; each is pointed at by its number. Raises Unreadable."""
    for number, record in enumerate(_records(file), start=1):
        if number > MOST_ENTRIES:
            raise Unreadable(
                "entries-too-many",
                f"一次最多 {MOST_ENTRIES} 个条目，请分批提交。",
                f"At most {MOST_ENTRIES} entries at once; send the rest separately.",
            )
        yield _found(number, record, translation)


def _records(file: BinaryIO) -> Iterator[JsonValue | None]:
    """Each record; None for a line that is no JSON."""
    first = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    file.seek(0)
    if first == b"[":
        yield from _array(file)
        return
    lines = io.BufferedReader(file) if isinstance(file, io.RawIOBase) else file
    while line := lines.readline(LONGEST_LINE):
        if len(line) >= LONGEST_LINE:
            raise Unreadable(
                "line-too-long",
                "单行超过 4 MiB；请每行一个条目（JSON Lines）。",
                "A line is longer than 4 MiB; send one entry a line (JSON Lines).",
            )
        if text := line.strip(b"\xef\xbb\xbf \t\r\n"):
            yield _json(text)


def _array(file: BinaryIO) -> Iterator[JsonValue | None]:
    text = file.read(LARGEST_ARRAY + 1)
    if len(text) > LARGEST_ARRAY:
        raise Unreadable(
            "array-too-large",
            "JSON 数组最大 16 MiB；更大的请按行发送（JSON Lines）。",
            "A JSON array of at most 16 MiB is read; send more as JSON Lines.",
        )
    found = _json(text.strip(b"\xef\xbb\xbf \t\r\n"))
    if not isinstance(found, list):
        raise Unreadable("array-broken", "JSON 数组不完整。", "The JSON array is broken.")
    yield from found


def _json(text: bytes) -> JsonValue | None:
    try:
        found: JsonValue = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found


def _found(number: int, record: JsonValue | None, translation: Translation) -> Found:
    place = Place("", str(number))
    if not isinstance(record, dict):
        found = Found(key=None, place=place, told={})
        found.problems.append(
            Problem(
                place=place,
                field="",
                code="record-unreadable",
                zh="不是 JSON 对象。",
                en="This is no JSON object.",
            )
        )
        return found
    told = translated(record, translation)
    key = told.pop(IDENTIFIER, None)
    found = Found(key=key if isinstance(key, str) else None, place=place, told=told)
    found.place = place.holding(found.key)
    if found.key is None:
        found.problems.append(
            Problem(
                place=place,
                field=IDENTIFIER,
                code="key-missing",
                zh="缺少 external_id（本部门对该条目的编号，文字）。",
                en="State external_id, a text: the department's own identifier of the entry.",
            )
        )
    return found


def translated(record: dict[str, JsonValue], translation: Translation) -> dict[str, JsonValue]:
    """The record in our members and words; what the mapping does not know stays as it is."""
    told: dict[str, JsonValue] = {}
    _translate(record, translation, "", told, 0)
    return told


def _translate(
    record: dict[str, JsonValue],
    translation: Translation,
    prefix: str,
    told: dict[str, JsonValue],
    depth: int,
) -> None:
    for member, value in record.items():
        path = translation.path(f"{prefix}{member}") or f"{prefix}{member}"
        own = path.removeprefix(prefix) if path.startswith(prefix) else path
        if isinstance(value, dict) and depth < _DEEPEST:
            inner: dict[str, JsonValue] = {}
            _translate(value, translation, f"{path}.", inner, depth + 1)
            _put(told, own, inner)
        elif isinstance(value, list):
            _put(told, own, [_piece(each, translation, path, depth) for each in value])
        else:
            _put(told, own, _word(value, translation, path))


def _piece(value: JsonValue, translation: Translation, path: str, depth: int) -> JsonValue:
    if isinstance(value, dict) and depth < _DEEPEST:
        inner: dict[str, JsonValue] = {}
        _translate(value, translation, f"{path}.", inner, depth + 1)
        return inner
    return _word(value, translation, path)


def _word(value: JsonValue, translation: Translation, path: str) -> JsonValue:
    if path not in translation.values or value is None:
        return value
    text = str(value)
    ours = translation.value(path, text)
    # What the mapping does not know stays what it was, also where that was no text.
    return value if ours == text else ours


def _put(told: dict[str, JsonValue], path: str, value: JsonValue) -> None:
    """Put the value where its path says; two foreign members may fill one part."""
    part, _, member = path.rpartition(".")
    inner: JsonValue = told
    for step in part.split(".") if part else ():
        if not isinstance(inner, dict):
            return
        inner = inner.setdefault(step, {})
    if isinstance(inner, dict):
        before = inner.get(member)
        if isinstance(before, dict) and isinstance(value, dict):
            before.update(value)
        else:
            inner[member] = value
