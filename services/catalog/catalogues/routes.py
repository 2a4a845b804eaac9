"""HTTP for the authority's catalogues. Each route reads its input, calls one thing."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from services.catalog.catalogues import queries
from services.catalog.catalogues.schemas import CatalogueView
from services.catalog.changes.schemas import ChangeView
from services.catalog.routes import Here, Reader
from services.catalog.views import ResourceSummary
from shared.db import Session
from shared.pages import Page, Paging
from shared.rulebooks.vocabulary import CatalogueKind

router = APIRouter(prefix="/v1/catalogues", tags=["资源目录与共享目录 · Catalogues"])

Kind = Annotated[CatalogueKind, Path(description="`resources` 资源目录, `sharing` 共享目录.")]
Region = Annotated[
    str | None,
    Query(
        pattern=r"^\d{6}(/\d{6})*$",
        max_length=60,
        description="Only departments of this region and below.",
        examples=["610000/610300"],
    ),
]


@router.get("/{catalogue}", summary="查看目录概况 · Read a catalogue")
async def read_catalogue(
    catalogue: Kind, _: Reader, session: Session, here: Here, region: Region = None
) -> CatalogueView:
    """What a catalogue is, the article that wants it, and how many entries it holds.

    Permission `resource:read`. jiangsu-2012 §8, jiangsu-2017 §7, yixing-2016 §6, baoji-2017 §5.
    """
    named = here.today().catalogues
    return CatalogueView(
        kind=catalogue,
        name=catalogue.zh,
        article=named.article if not named.silent and catalogue in named.value else None,
        region=region,
        entries=await queries.count(session, catalogue, region),
    )


@router.get("/{catalogue}/entries", summary="查询目录条目 · List the entries of a catalogue")
async def list_entries(
    catalogue: Kind, _: Reader, session: Session, paging: Paging, region: Region = None
) -> Page[ResourceSummary]:
    """The entries of all departments, or of what is shared: what is not shared is in the first
    alone.

    Permission `resource:read`. jiangsu-2012 §9, jiangsu-2017 §7, yixing-2016 §6, baoji-2017 §5 §6.
    """
    found, after = await queries.listing(session, catalogue, region, paging)
    return Page(items=[ResourceSummary.of(version) for version in found], next=after)


@router.get("/{catalogue}/changes", summary="查询目录变更公告 · List a catalogue's change notices")
async def list_notices(
    catalogue: Kind, _: Reader, session: Session, paging: Paging, region: Region = None
) -> Page[ChangeView]:
    """What entered the catalogue, changed in it or left it, the latest first.

    Permission `resource:read`. jiangsu-2012 §10, jiangsu-2017 §9, yixing-2016 §13, baoji-2017
    §5 §10.
    """
    found, after = await queries.notices(session, catalogue, region, paging)
    return Page(items=[ChangeView.of(change) for change in found], next=after)
