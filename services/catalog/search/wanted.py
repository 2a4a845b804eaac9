"""What a list of resources is narrowed to, and the query parameters that say it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from services.catalog.classification import Attribute, Level, Topic
from services.catalog.formats import FormatClass
from services.catalog.items import Openness
from services.catalog.search.documents import Facet
from services.catalog.workflow import State
from shared.events.catalog import Grade, Secrecy, ShareMethod, ShareType, UpdateCycle
from shared.rulebooks.vocabulary import BasicCategory

_MOST = 50
_REGION = r"^[0-9]{6}(/[0-9]{6}){0,3}$"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Words, each of which must occur, and for each facet the values of which one must be."""

    text: str | None = None
    facets: Mapping[Facet, frozenset[str]] = field(default_factory=dict)


async def wanted(
    q: Annotated[
        str | None,
        Query(
            max_length=200,
            description="Words in name, items, department or abstract.",
            examples=["法人 信用代码"],
        ),
    ] = None,
    provider: Annotated[
        list[UUID] | None, Query(max_length=_MOST, description="Only of these departments.")
    ] = None,
    region: Annotated[
        list[Annotated[str, Query(pattern=_REGION)]] | None,
        Query(
            max_length=_MOST,
            description="Only of departments of these regions (GB/T 2260 paths).",
            examples=[["610000/610300"]],
        ),
    ] = None,
    state: Annotated[
        list[State] | None, Query(max_length=_MOST, description="Only in these states.")
    ] = None,
    classification: Annotated[
        list[Attribute] | None, Query(max_length=_MOST, description="Only of these classes.")
    ] = None,
    topic: Annotated[
        list[Topic] | None, Query(max_length=_MOST, description="Only under these topics.")
    ] = None,
    level: Annotated[
        list[Level] | None, Query(max_length=_MOST, description="Only of these levels.")
    ] = None,
    basic_category: Annotated[
        list[BasicCategory] | None,
        Query(max_length=_MOST, description="Only of these categories of basic information."),
    ] = None,
    format_: Annotated[
        list[FormatClass] | None,
        Query(alias="format", max_length=_MOST, description="Only of these formats."),
    ] = None,
    share_type: Annotated[
        list[ShareType] | None, Query(max_length=_MOST, description="Only of these share types.")
    ] = None,
    share_method: Annotated[
        list[ShareMethod] | None,
        Query(max_length=_MOST, description="Only what is shared in one of these ways."),
    ] = None,
    grade: Annotated[
        list[Grade] | None, Query(max_length=_MOST, description="Only of these grades.")
    ] = None,
    secrecy: Annotated[
        list[Secrecy] | None, Query(max_length=_MOST, description="Only so secret.")
    ] = None,
    openness: Annotated[
        list[Openness] | None, Query(max_length=_MOST, description="Only so open to the public.")
    ] = None,
    update_cycle: Annotated[
        list[UpdateCycle] | None, Query(max_length=_MOST, description="Only so refreshed.")
    ] = None,
) -> Wanted:
    """What a list is narrowed to. Repeat a parameter for several values: one of them must be."""
    chosen: dict[Facet, Sequence[StrEnum | UUID | str] | None] = {
        Facet.PROVIDER: provider,
        Facet.REGION: region,
        Facet.STATE: state,
        Facet.CLASSIFICATION: classification,
        Facet.TOPIC: topic,
        Facet.LEVEL: level,
        Facet.BASIC_CATEGORY: basic_category,
        Facet.FORMAT: format_,
        Facet.SHARE_TYPE: share_type,
        Facet.SHARE_METHOD: share_method,
        Facet.GRADE: grade,
        Facet.SECRECY: secrecy,
        Facet.OPENNESS: openness,
        Facet.UPDATE_CYCLE: update_cycle,
    }
    facets = {facet: frozenset(map(str, values)) for facet, values in chosen.items() if values}
    return Wanted(q, facets)


Narrowed = Annotated[Wanted, Depends(wanted)]
