"""One data file, read and checked: its header, and for each parameter its dated values."""

import itertools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from shared.rulebooks.model import PARAMETERS, Rulebook
from shared.rulebooks.texts import SHIPPED, Article, RulebookRefused, articles, text_of
from shared.rulebooks.vocabulary import Kind, Level

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Header(BaseModel):
    """What a file says about its text."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: str
    kind: Kind
    title: str
    number: str | None = None
    level: Level
    region: str = Field(pattern=r"^[0-9]{6}$")
    in_force_from: date
    in_force_article: str
    extends: str | None = None
    note: str | None = None


class Entry(BaseModel):
    """One dated value of a parameter as the file has it, or the statement that it is silent."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    start: date = Field(alias="from")
    until: date | None = None
    silent: bool = False
    value: JsonValue = None
    cites: dict[str, str] = Field(default_factory=dict)
    note: str | None = None

    def holds(self, on: date) -> bool:
        """Whether the value is in force on a day; `until` is its last."""
        return self.start <= on and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class Document:
    """A checked file."""

    header: Header
    entries: Mapping[str, tuple[Entry, ...]]

    def entry(self, name: str, on: date) -> Entry | None:
        """The entry of a parameter that is in force on a day."""
        return next((entry for entry in self.entries.get(name, ()) if entry.holds(on)), None)

    @property
    def boundaries(self) -> frozenset[date]:
        """The days on which anything in this file begins to hold or has ceased to."""
        days = {self.header.in_force_from}
        for entries in self.entries.values():
            days.update(entry.start for entry in entries)
            days.update(e.until + timedelta(days=1) for e in entries if e.until is not None)
        return frozenset(days)


def read(rulebook_id: str, directory: Path) -> Document:
    """The document of that id; raises RulebookRefused naming file and key."""
    if _ID.fullmatch(rulebook_id) is None:
        raise RulebookRefused(f"{rulebook_id!r} cannot be the id of a rulebook")
    if directory == SHIPPED:
        return _shipped(rulebook_id)
    return _read(rulebook_id, directory)


@lru_cache
def _shipped(rulebook_id: str) -> Document:
    return _read(rulebook_id, SHIPPED)


def _read(rulebook_id: str, directory: Path) -> Document:
    path = directory / f"{rulebook_id}.toml"
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RulebookRefused(f"{path.name}: there is no such rulebook") from None
    except tomllib.TOMLDecodeError as error:
        raise RulebookRefused(f"{path.name}: {error}") from None
    # TOML has dates and JSON has none: from here on the values are JSON, strictly typed.
    found: dict[str, JsonValue] = orjson.loads(orjson.dumps(tables))
    try:
        header = Header.model_validate_json(orjson.dumps(found.pop("document", None)))
    except ValidationError as error:
        raise _refused(path, "document", error) from None
    if header.id != rulebook_id:
        raise RulebookRefused(f"{path.name}: document.id: {header.id!r} is not the file's name")
    index = articles(rulebook_id, directory)
    if text_of(index, header.in_force_article) is None:
        raise RulebookRefused(
            f"{path.name}: document.in_force_article: there is no §{header.in_force_article}"
        )
    for name in found:
        if name not in PARAMETERS:
            raise RulebookRefused(f"{path.name}: {name}: there is no such parameter")
    if header.kind is Kind.RULEBOOK:
        for name in PARAMETERS:
            if name not in found:
                raise RulebookRefused(
                    f"{path.name}: {name}: missing; give a value, or say `silent = true`"
                )
    entries = {
        name: _entries(path, name, tables_of, header, index) for name, tables_of in found.items()
    }
    return Document(header, entries)


def _entries(
    path: Path, name: str, found: JsonValue, header: Header, index: dict[int, Article]
) -> tuple[Entry, ...]:
    """The dated values of one parameter: one table, or an array of them."""
    tables = found if isinstance(found, list) else [found]
    entries = tuple(_entry(path, name, table, header, index) for table in tables)
    for earlier, later in itertools.pairwise(entries):
        if earlier.until is None or later.start <= earlier.until:
            raise RulebookRefused(
                f"{path.name}: {name}: the values from {earlier.start} and from {later.start} "
                "overlap; end the earlier one with `until`"
            )
    if header.kind is Kind.OVERLAY:
        return entries
    ends = [header.in_force_from - timedelta(days=1), *(entry.until for entry in entries)]
    for end, entry in zip(ends, entries, strict=False):
        if end is not None and entry.start != end + timedelta(days=1):
            raise RulebookRefused(
                f"{path.name}: {name}: nothing is in force on {end + timedelta(days=1)}"
            )
    if not entries or entries[-1].until is not None:
        raise RulebookRefused(f"{path.name}: {name}: nothing is in force after {ends[-1]}")
    return entries


def _entry(
    path: Path, name: str, table: JsonValue, header: Header, index: dict[int, Article]
) -> Entry:
    if isinstance(table, dict):
        table = {"from": header.in_force_from.isoformat(), **table}
    try:
        entry = Entry.model_validate_json(orjson.dumps(table))
    except ValidationError as error:
        raise _refused(path, name, error) from None
    key = f"{path.name}: {name}"
    if entry.start < header.in_force_from:
        raise RulebookRefused(f"{key}: from {entry.start} is before the text is in force")
    if entry.until is not None and entry.until < entry.start:
        raise RulebookRefused(f"{key}: ends on {entry.until}, before it begins")
    if entry.silent:
        if entry.value is not None or entry.cites:
            raise RulebookRefused(f"{key}: cannot be silent and say something")
        return entry
    if entry.value is None:
        raise RulebookRefused(f"{key}: has no value; where the text is so, say `silent = true`")
    if not entry.cites:
        raise RulebookRefused(f"{key}: has a value and no article")
    for reference, quote in entry.cites.items():
        if (text := text_of(index, reference)) is None:
            raise RulebookRefused(f"{key}: cites §{reference}, which does not exist")
        if quote not in text:
            raise RulebookRefused(f"{key}: “{quote}” does not stand in §{reference}")
    return entry.model_copy(update={"value": _value(path, name, entry.value, index)})


def _value(path: Path, name: str, value: JsonValue, index: dict[int, Article]) -> JsonValue:
    """The value, checked against the parameter's type and written in one canonical way."""
    if name == "violations":
        value = _with_sentences(path, value, index)
    adapter = _ADAPTERS[name]
    try:
        return _canonical(
            adapter.dump_python(adapter.validate_json(orjson.dumps(value), strict=True))
        )
    except ValidationError as error:
        raise _refused(path, name, error) from None


def _with_sentences(path: Path, value: JsonValue, index: dict[int, Article]) -> JsonValue:
    """Listed violations with the law's own sentences, which stand in the articles only."""
    if not isinstance(value, list):
        return value
    complete: list[JsonValue] = []
    for violation in value:
        if isinstance(violation, dict) and isinstance(item := violation.get("item"), str):
            if (text := text_of(index, item)) is None:
                raise RulebookRefused(f"{path.name}: violations: there is no §{item}")
            complete.append(violation | {"text": text})
        else:
            complete.append(violation)
    return complete


def _canonical(value: object) -> JsonValue:
    """A dumped value as JSON in which sets are sorted, so that equal contents look equal."""
    match value:
        case dict():
            return {str(key): _canonical(part) for key, part in value.items()}
        case frozenset():
            return list[JsonValue](sorted(str(part) for part in value))
        case list() | tuple():
            return [_canonical(part) for part in value]
        case bool() | int() | None:
            return value
        case _:
            return str(value)


def _refused(path: Path, key: str, error: ValidationError) -> RulebookRefused:
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join([key, *(str(part) for part in first["loc"])])
    return RulebookRefused(f"{path.name}: {where}: {first['msg']}")


def _adapter(name: str) -> TypeAdapter[object]:
    """The checker of one parameter's value: the type that stands in its Ruled."""
    ruled = Rulebook.model_fields[name].annotation
    (held,) = getattr(ruled, "__pydantic_generic_metadata__")["args"]  # noqa: B009
    return TypeAdapter(held)


_ADAPTERS = {name: _adapter(name) for name in PARAMETERS}
