"""Reads rulebooks, refuses incomplete ones, and resolves one for a day."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import orjson
from pydantic import JsonValue

from shared.crypto import suite
from shared.rulebooks.document import Document, Entry, read
from shared.rulebooks.model import PARAMETERS, Rulebook
from shared.rulebooks.texts import SHIPPED, RulebookRefused
from shared.rulebooks.vocabulary import Kind

_VERSION = re.compile(r"(?P<ids>[a-z0-9+-]+)@(?P<on>\d{4}-\d{2}-\d{2})~[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class _Sources:
    """The documents that one resolution draws on."""

    chain: tuple[Document, ...]
    """The rulebook, then what it extends, then what that extends."""
    overlays: tuple[Document, ...]
    """Superior laws, the highest last."""


@dataclass(frozen=True, slots=True)
class _Found:
    rulebook: str
    entry: Entry
    note: str | None


def load(
    rulebook_id: str, on: date, overlays: Sequence[str] = (), directory: Path | None = None
) -> Rulebook:
    """The rulebook as it holds on a day.

    A value on which it is silent falls through to the rulebook that it extends, with that one's
    article. Each overlay that is in force on the day replaces what it states, later ones
    replacing earlier ones; where an overlay is silent the rulebook stands. Raises
    RulebookRefused, naming file and key, for data that is not complete and consistent.
    """
    sources = _sources(rulebook_id, on, overlays, directory or SHIPPED)
    top = sources.chain[0]
    resolved = {name: _resolve(name, sources, on) for name in PARAMETERS}
    header: dict[str, JsonValue] = {
        "id": top.header.id,
        "version": _version(resolved, sources, on),
        "title": top.header.title,
        "number": top.header.number,
        "level": top.header.level,
        "region": top.header.region,
        "in_force_from": top.header.in_force_from.isoformat(),
        "in_force_article": top.header.in_force_article,
        "extends": top.header.extends,
        "overlays": [overlay.header.id for overlay in sources.overlays],
    }
    values = {name: _ruled(found) for name, found in resolved.items()}
    return Rulebook.model_validate_json(orjson.dumps(header | values))


def load_version(version: str, directory: Path | None = None) -> Rulebook:
    """The rulebook that a decision of this version was taken under.

    Raises RulebookRefused where the version is not one, or where the data of that day no longer
    says what it said: an amendment is a second dated value, never an edit of the first.
    """
    match = _VERSION.fullmatch(version)
    if match is None:
        raise RulebookRefused(f"{version!r} is not the version of a rulebook")
    rulebook_id, *overlays = match["ids"].split("+")
    found = load(rulebook_id, date.fromisoformat(match["on"]), overlays, directory)
    if found.version != version:
        raise RulebookRefused(
            f"{rulebook_id}.toml: the content of version {version} was edited; it is now "
            f"{found.version}. Amend with a second dated value instead"
        )
    return found


def shipped(directory: Path | None = None) -> tuple[str, ...]:
    """The ids of the texts that there are, rulebooks and overlays."""
    files = (directory or SHIPPED).glob("*.toml")
    return tuple(sorted(f.stem for f in files if not f.stem.endswith(".articles")))


def _sources(rulebook_id: str, on: date, overlays: Sequence[str], directory: Path) -> _Sources:
    chain: list[Document] = []
    following: str | None = rulebook_id
    while following is not None:
        if following in (seen := [document.header.id for document in chain]):
            raise RulebookRefused(
                f"{seen[-1]}.toml: document.extends: a cycle, {' → '.join([*seen, following])}"
            )
        chain.append(read(following, directory))
        following = chain[-1].header.extends
    for document in chain:
        file = f"{document.header.id}.toml"
        if document.header.kind is not Kind.RULEBOOK:
            raise RulebookRefused(f"{file}: document.kind: an overlay governs nothing by itself")
        if document.header.in_force_from > on:
            raise RulebookRefused(
                f"{file}: document.in_force_from: in force only from "
                f"{document.header.in_force_from}, not on {on}"
            )
    if len({rulebook_id, *overlays}) != len(overlays) + 1:
        raise RulebookRefused(f"{rulebook_id}.toml: a text cannot overlay itself or lie twice")
    laid = [read(overlay, directory) for overlay in overlays]
    return _Sources(tuple(chain), tuple(d for d in laid if d.header.in_force_from <= on))


def _resolve(name: str, sources: _Sources, on: date) -> _Found:
    """The entry of one parameter that holds on a day, and the document that it stands in."""
    top = sources.chain[0]
    own = top.entry(name, on)
    if own is None:
        raise RulebookRefused(f"{top.header.id}.toml: {name}: nothing is in force on {on}")
    for document in (*reversed(sources.overlays), *sources.chain):
        entry = document.entry(name, on)
        if entry is not None and not entry.silent:
            return _Found(document.header.id, entry, entry.note or own.note)
    return _Found(top.header.id, own, own.note)


def _ruled(found: _Found) -> JsonValue:
    entry = found.entry
    return {
        "stated": entry.value,
        "rulebook": found.rulebook,
        "cites": [{"article": article, "quote": quote} for article, quote in entry.cites.items()],
        "in_force_from": entry.start.isoformat(),
        "in_force_until": None if entry.until is None else entry.until.isoformat(),
        "note": found.note,
    }


def _version(resolved: dict[str, _Found], sources: _Sources, on: date) -> str:
    """Name the content: ids, the day since which it holds, a digest of values and articles.

    The same content has one version on every day it holds; quotes and notes may be corrected
    without a new one. The suite is fixed, so that a version outlives a change of the suite.
    """
    content: dict[str, JsonValue] = {
        name: [found.rulebook, list(found.entry.cites), found.entry.value]
        for name, found in resolved.items()
    }
    digest = suite("standard").digest(orjson.dumps(content, option=orjson.OPT_SORT_KEYS))
    days = [day for d in (*sources.chain, *sources.overlays) for day in d.boundaries if day <= on]
    ids = "+".join(d.header.id for d in (sources.chain[0], *sources.overlays))
    return f"{ids}@{max(days)}~{digest.hex()[:16]}"
