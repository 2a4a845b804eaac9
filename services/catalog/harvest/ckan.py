"""A CKAN catalogue: the answers of its `package_search`, page by page.

Pure: no database, no HTTP, no clock.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import urlencode, urlsplit

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, JsonValue, ValidationError

from services.catalog.harvest.records import Record, SourceUnreadable, told
from services.catalog.mappings.translation import Translation

PAGE: Final = 100
_LONGEST_ENDING: Final = 8
_SEARCH: Final = "/api/3/action/package_search"


# Datasets stand beside these in the answers of some portals.
_NO_DATASETS: Final = frozenset({"harvest", "showcase"})
# Of a text in several languages, which is read.
_LANGUAGES: Final = ("zh", "zh_cn", "zh-cn", "zh_hans_cn", "zh-hans", "en")


def _text(stated: object) -> object:
    """A text as portals state it: plain, as a number, in several languages, or these as JSON."""
    if isinstance(stated, str) and stated.lstrip().startswith("{"):
        with contextlib.suppress(orjson.JSONDecodeError):
            stated = orjson.loads(stated)
    if isinstance(stated, dict):
        told = {
            str(language).casefold(): words
            for language, words in stated.items()
            if isinstance(words, str) and words.strip()
        }
        preferred = [told[language] for language in _LANGUAGES if language in told]
        return next(iter([*preferred, *told.values()]), None)
    if isinstance(stated, int | float) and not isinstance(stated, bool):
        return str(stated)
    return stated if isinstance(stated, str) else None


def _things(stated: object) -> list[object]:
    """The objects of a list; what is none of them says nothing."""
    return [one for one in stated if isinstance(one, dict)] if isinstance(stated, list) else []


def _pairs(stated: object) -> list[object]:
    """Extras as pairs: a list of them, or, of portals long in service, one object."""
    if isinstance(stated, dict):
        return [{"key": str(key), "value": value} for key, value in stated.items()]
    return [pair for pair in _things(stated) if isinstance(pair, dict) and "key" in pair]


def _named(stated: object) -> object:
    """Something with a name, also where only the name is there."""
    return {"name": stated} if isinstance(stated, str) else stated


def _groups(stated: object) -> list[object]:
    stated = stated if isinstance(stated, list) else []
    return [_named(one) for one in stated if isinstance(one, str | dict)]


def _absent(stated: object) -> object:
    """A flag that is stated as nothing is not set."""
    return False if stated in (None, "") else stated


def _unsaid(stated: object) -> object:
    """A flag that says neither yes nor no says nothing."""
    return stated if isinstance(stated, bool | str | int) and str(stated).strip() else None


_Text = Annotated[str | None, BeforeValidator(_text)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class _File(_Part):
    format: _Text = None
    mimetype: _Text = None
    url: _Text = None

    @property
    def kind(self) -> str:
        """What it is: stated, or as its address ends."""
        stated = self.format or self.mimetype
        if stated and stated.strip():
            return stated
        ending = urlsplit(self.url or "").path.rpartition("/")[2].rpartition(".")[2]
        return ending if ending.isalnum() and len(ending) <= _LONGEST_ENDING else ""


class _Extra(_Part):
    key: Annotated[str, BeforeValidator(str)]
    value: JsonValue = None


class _Named(_Part):
    title: _Text = None
    name: _Text = None


class _Package(_Part):
    id: Annotated[str, BeforeValidator(_text)]
    name: _Text = None
    title: _Text = None
    title_translated: _Text = None
    display_name: _Text = None
    notes: _Text = None
    notes_translated: _Text = None
    description: _Text = None
    type: _Text = None
    private: Annotated[bool, BeforeValidator(_absent)] = False
    state: _Text = None
    isopen: Annotated[bool | None, BeforeValidator(_unsaid)] = None
    license_id: _Text = None
    resources: Annotated[list[_File], BeforeValidator(_things)] = []
    extras: Annotated[list[_Extra], BeforeValidator(_pairs)] = []
    organization: Annotated[_Named | None, BeforeValidator(_named)] = None
    groups: Annotated[list[_Named], BeforeValidator(_groups)] = []

    @property
    def announced(self) -> bool:
        """Whether it is a dataset that the portal shows."""
        standing = (self.state or "active") == "active" and not self.private
        return standing and self.type not in _NO_DATASETS


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
        if package.announced:
            records.append(_record(package, translation))
    return Page(answer.result.count, len(answer.result.results), records, unread)


def _record(package: _Package, translation: Translation) -> Record:
    formats = [file.kind for file in package.resources]
    others = dict(_others(package))
    names = (package.title, package.title_translated, package.display_name, package.name)
    name = _first(*names) or package.id
    abstract = _first(package.notes, package.notes_translated, package.description)
    return Record(package.id, told(name, abstract, formats, others, translation))


def _first(*texts: str | None) -> str | None:
    return next((text for text in texts if text and text.strip()), None)


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
