"""A CKAN catalogue: the answers of its `package_search`, page by page.

Pure: no database, no HTTP, no clock.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import orjson
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from services.catalog.harvest.records import Record, SourceUnreadable, told
from services.catalog.mappings.translation import Translation

PAGE: Final = 100
_SEARCH: Final = "/api/3/action/package_search"


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class _File(_Part):
    format: str | None = None
    mimetype: str | None = None


class _Extra(_Part):
    key: str
    value: JsonValue = None


class _Named(_Part):
    title: str | None = None
    name: str | None = None


class _Package(_Part):
    id: str
    name: str | None = None
    title: str | None = None
    notes: str | None = None
    private: bool = False
    state: str = "active"
    isopen: bool | None = None
    license_id: str | None = None
    resources: list[_File] = []
    extras: list[_Extra] = []
    organization: _Named | None = None
    groups: list[_Named] = []


class _Result(_Part):
    count: int
    results: list[JsonValue]


class _Answer(_Part):
    success: bool
    result: _Result


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a catalogue: how many datasets there are in all, and those of the page.

    `unread` counts those that could not be understood, so that nothing vanishes silently.
    """

    count: int
    size: int
    records: list[Record]
    unread: int


def address(base: str, start: int) -> str:
    """Where the page from `start` on is, the order the same each time."""
    query = urlencode({"rows": PAGE, "start": start, "sort": "metadata_created asc, id asc"})
    return f"{base.rstrip('/')}{_SEARCH}?{query}"


def page(body: bytes, translation: Translation) -> Page:
    """What a page says. Raises SourceUnreadable."""
    try:
        answer = _Answer.model_validate(orjson.loads(body))
    except (orjson.JSONDecodeError, ValidationError) as error:
        raise SourceUnreadable(
            "source-not-ckan",
            "对方没有返回 CKAN 的 package_search 结果；请检查地址。",
            "That is no answer of CKAN's package_search; check the address.",
        ) from error
    if not answer.success:
        raise SourceUnreadable(
            "source-refused", "对方拒绝了查询。", "The source refused the search."
        )
    records: list[Record] = []
    unread = 0
    for piece in answer.result.results:
        try:
            package = _Package.model_validate(piece)
        except ValidationError:
            unread += 1
            continue
        if package.state == "active" and not package.private:
            records.append(_record(package, translation))
    return Page(answer.result.count, len(answer.result.results), records, unread)


def _record(package: _Package, translation: Translation) -> Record:
    formats = [file.format or file.mimetype or "" for file in package.resources]
    others = dict(_others(package))
    name = package.title or package.name or package.id
    return Record(package.id, told(name, package.notes, formats, others, translation))


def _others(package: _Package) -> Iterator[tuple[str, JsonValue]]:
    """What a mapping may give a meaning: plain members, the organisation, groups, extras."""
    extra: Mapping[str, JsonValue] = package.model_extra or {}
    yield from ((k, v) for k, v in extra.items() if isinstance(v, str | int | float | bool))
    if package.license_id is not None:
        yield "license_id", package.license_id
    if package.isopen is not None:
        yield "isopen", package.isopen
    if package.organization is not None and package.organization.name:
        yield "organization.name", package.organization.name
        yield "organization.title", package.organization.title or ""
    if package.groups and package.groups[0].name:
        yield "group", package.groups[0].name
    yield from ((f"extras.{extra.key}", extra.value) for extra in package.extras)
