"""What the index holds of a resource: its findable versions, who finds them, by what. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.catalog.search import words
from services.catalog.workflow import HANDED_IN, State
from shared.principal import Principal

EVERYBODY: Final = "all"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Field(StrEnum):
    """The text that words are looked for in, the weightiest first.

    The items that the public may know of stand apart: it looks in those instead of all.
    """

    NAME = "name"
    ITEMS = "items"
    PUBLIC_ITEMS = "public_items"
    DEPARTMENT = "department"
    ABSTRACT = "abstract"


class Facet(StrEnum):
    """By what a list can be narrowed and counted, as it is named in the API."""

    PROVIDER = "provider"
    REGION = "region"
    STATE = "state"
    CLASSIFICATION = "classification"
    TOPIC = "topic"
    LEVEL = "level"
    BASIC_CATEGORY = "basic_category"
    FORMAT = "format"
    SHARE_TYPE = "share_type"
    SHARE_METHOD = "share_method"
    GRADE = "grade"
    SECRECY = "secrecy"
    OPENNESS = "openness"
    UPDATE_CYCLE = "update_cycle"


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a resource stands: enough to say who is shown which of its versions."""

    resource: UUID
    provider: UUID
    region: str
    state: State
    latest: int
    published: int | None


@dataclass(frozen=True, slots=True)
class Version:
    """What a version says, as far as it is looked for.

    `items` holds their names and codes, `public_items` the names of those that are no secret.
    """

    number: int
    began: datetime
    name: str
    abstract: str
    items: str
    public_items: str
    facets: dict[Facet, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Document:
    """A version as it is written into the index.

    `audience` says who is shown it: EVERYBODY, a department's id or a region's path;
    `instead` who of those is shown another version of the resource. `order` makes the newest
    first: microseconds since 1970 of the publication, or of the beginning of a draft.
    """

    resource: UUID
    audience: frozenset[str]
    instead: frozenset[str]
    order: int
    text: dict[Field, str]
    facets: dict[Facet, tuple[str, ...]]
    completions: tuple[str, ...]


def shown_to(viewer: Principal) -> list[str]:
    """The audiences that the viewer belongs to, beside EVERYBODY."""
    mine = [str(viewer.department)]
    if viewer.authority is not None:
        mine.append(f"region:{viewer.authority}")
    return mine


def findable(stand: Stand) -> frozenset[int]:
    """The numbers of the versions that somebody is shown."""
    return frozenset(n for n in (stand.latest, stand.published) if n is not None)


def documents(
    stand: Stand, versions: Iterable[Version], names: Iterable[str]
) -> Iterator[Document]:
    """What the index holds of a resource; `names` are its department's.

    The same rule as queries.current says in SQL: the latest version to those who work on it,
    the published one to all others.
    """
    working = _working(stand)
    called = " ".join(names)
    for version in versions:
        audience = set(working) if version.number == stand.latest else set()
        if version.number == stand.published:
            withdrawn = stand.state is State.WITHDRAWN
            audience |= _regions(stand.region) if withdrawn else {EVERYBODY}
        instead = working if version.number != stand.latest else frozenset[str]()
        if audience:
            yield _document(stand, version, called, frozenset(audience), instead)


def _working(stand: Stand) -> frozenset[str]:
    """The audiences that are shown the latest version."""
    working = {str(stand.provider)}
    if stand.state in HANDED_IN:
        working |= _regions(stand.region)
    return frozenset(working)


def _regions(path: str) -> set[str]:
    """Every authority over a region: its own, and those above it."""
    parts = path.split("/")
    return {f"region:{'/'.join(parts[:depth])}" for depth in range(1, len(parts) + 1)}


def _document(
    stand: Stand, version: Version, called: str, audience: frozenset[str], instead: frozenset[str]
) -> Document:
    as_it_is = EVERYBODY not in audience or version.number == stand.latest
    return Document(
        resource=stand.resource,
        audience=audience,
        instead=instead,
        order=round((version.began - _EPOCH).total_seconds() * 1_000_000),
        text={
            Field.NAME: _words(version.name),
            Field.ITEMS: _words(version.items),
            Field.PUBLIC_ITEMS: _words(version.public_items),
            Field.DEPARTMENT: _words(called),
            Field.ABSTRACT: _words(version.abstract),
        },
        facets={
            Facet.PROVIDER: (str(stand.provider),),
            Facet.REGION: (stand.region,),
            Facet.STATE: (stand.state if as_it_is else State.PUBLISHED,),
            **version.facets,
        },
        completions=tuple(words.completions(version.name)) if EVERYBODY in audience else (),
    )


def _words(text: str) -> str:
    return " ".join(words.words(text))
