"""What a source says of a dataset, as this catalogue is told it.

Pure: no database, no HTTP, no clock.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from services.catalog.bulk.records import translated
from services.catalog.formats import TYPES, FormatClass
from services.catalog.mappings.translation import Translation

LONGEST_NAME: Final = 500
LONGEST_TEXT: Final = 4_000
_MORE: Final = "…"
# Names of formats that portals write otherwise than the guide.
_ALIASES: Final = {
    "excel": "xlsx",
    "ms excel": "xlsx",
    "vnd.ms-excel": "xls",
    "vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "jpeg": "jpg",
    "tiff": "tif",
    "word": "docx",
    "msword": "doc",
    "plain": "txt",
    "postgres": "postgresql",
}
_FILES: Final = frozenset(
    {FormatClass.DOCUMENT, FormatClass.SPREADSHEET, FormatClass.IMAGE, FormatClass.STREAM}
)


class SourceUnreadable(Exception):
    """The source answers something else than its kind of catalogue; both sentences say what."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en


@dataclass(frozen=True, slots=True)
class Record:
    """One dataset of a source: its identifier there, and what this catalogue is told of it."""

    identifier: str
    told: Mapping[str, JsonValue]


def told(
    name: str,
    abstract: str | None,
    formats: Iterable[str],
    others: Mapping[str, JsonValue],
    translation: Translation,
) -> dict[str, JsonValue]:
    """What the catalogue is told of a dataset.

    `others` are the source's own members: what the mapping gives a meaning comes in under it,
    all else stays behind, since nobody has said what it means here.
    """
    entry: dict[str, JsonValue] = {"name": _cut(" ".join(name.split()), LONGEST_NAME)}
    if abstract and abstract.strip():
        entry["abstract"] = _cut(abstract.replace("\r\n", "\n").strip(), LONGEST_TEXT)
    entry.update(_format(formats))
    meant = {key: value for key, value in others.items() if translation.path(key) is not None}
    return {**entry, **translated(meant, translation)}


def _format(stated: Iterable[str]) -> dict[str, JsonValue]:
    """The commonest of the formats that the guide knows; self-described where it knows none."""
    names = [_known(text) for text in stated if text.strip()]
    if not names:
        return {}
    (name, _), *_ = Counter(names).most_common(1)
    kind = next(
        (kind for kind, types in TYPES.items() if name in types), FormatClass.SELF_DESCRIBED
    )
    entry: dict[str, JsonValue] = {"format": {"kind": kind.value, "type": name[:200]}}
    if kind in _FILES:
        entry["share_methods"] = ["platform-file"]
    return entry


def _known(text: str) -> str:
    name = text.strip().casefold().rpartition("/")[2].lstrip(".")
    return _ALIASES.get(name, name) or text.strip()


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + _MORE
