"""HTTP for who collects what. Each route reads its input, calls one thing, returns it."""

from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.catalog import queries as catalogue
from services.catalog.models import ResourceVersion
from services.catalog.routes import Compiler, Here, Publisher, Reader
from services.catalog.sources import datum, queries, reports, rules, rulings, usecases
from services.catalog.sources.datum import Sameness
from services.catalog.sources.rulings import WantedRulings
from services.catalog.sources.schemas import (
    CollectionRulingBody,
    CollectionRulingView,
    DuplicateView,
    RepetitionsView,
    RepetitionView,
    SecondaryBody,
)
from shared.db import Session
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging
from shared.rulebooks import Rulebook

router = APIRouter(prefix="/v1", tags=["一数一源 · One datum, one source"])


async def wanted(
    name: Annotated[
        str | None, Query(max_length=200, description="Only on the item of this name.")
    ] = None,
    element: Annotated[
        str | None, Query(max_length=200, description="Only on this data element.")
    ] = None,
    lead: Annotated[UUID | None, Query(description="Only where this department leads.")] = None,
    superseded: Annotated[bool, Query(description="Also rulings that were replaced.")] = False,
) -> WantedRulings:
    """What a list of rulings is narrowed to."""
    told = element if element is not None or name is None else datum.key(name)
    return WantedRulings(told, lead, superseded)


async def _shown(session: Session, version: ResourceVersion, rulebook: Rulebook) -> RepetitionsView:
    found = await reports.repetitions(session, version, binding=rules.binds(rulebook))
    return RepetitionsView(
        resource=version.resource_id,
        version=version.number,
        article=rules.article_of(rulebook),
        items=[RepetitionView.of(one) for one in found],
    )


@router.get("/resources/{resource}/duplicates", summary="查看重复采集 · What others collect too")
async def duplicates_of(
    resource: UUID, viewer: Reader, session: Session, here: Here
) -> RepetitionsView:
    """The items of a resource that other departments have in the catalogue too.

    By data element, by name (width, spaces and case make no difference) and by the standard of
    the code; with the authority's ruling where there is one. What is `demanded` and not `settled`
    keeps the entry from being published.

    Permission `resource:read`. Refused: 404 what you may not see. jiangsu-2012 §11,
    jiangsu-2017 §4(3) §16(2), yixing-2016 §14, baoji-2017 §4(3).
    """
    version = await catalogue.get(session, resource, viewer)
    return await _shown(session, version, here.today())


@router.post(
    "/resources/{resource}/secondary-items",
    summary="声明辅采集 · State what is collected second",
)
async def state_secondary(
    resource: UUID, body: SecondaryBody, by: Compiler, session: Session, here: Here
) -> RepetitionsView:
    """Say that your department collects these items second: where they differ, another's hold.

    Permission `resource:compile`, of the providing department. Refused: 403 others; 404 what you
    may not see; 409 no item of the resource. jiangsu-2012 §11.
    """
    version = await usecases.state_secondary(session, by, here, resource, body)
    await session.flush()
    return await _shown(session, version, here.today())


@router.get("/duplicates", summary="重复采集清单 · List what several departments collect")
async def duplicates(
    viewer: Reader,
    session: Session,
    paging: Paging,
    by: Annotated[
        Literal[Sameness.NAME, Sameness.ELEMENT],
        Query(description="Told by `name` or by data `element`."),
    ] = Sameness.NAME,
    unruled: Annotated[
        bool | None, Query(description="Only those without a ruling, or only those with one.")
    ] = None,
) -> Page[DuplicateView]:
    """Every datum that two or more departments of your region have in the catalogue.

    Keys are left out: what identifies a row stands in every resource on the same things.

    Permission `resource:read`, of a competent authority. Refused: 403 to other departments.
    jiangsu-2012 §11 §12, jiangsu-2017 §4(3), yixing-2016 §14, baoji-2017 §4(3).
    """
    rules.check_report(viewer)
    found, after = await queries.duplicates(session, by, unruled, viewer, paging)
    return Page(items=[DuplicateView.of(one) for one in found], next=after)


@router.post(
    "/collection-rulings",
    status_code=HTTPStatus.CREATED,
    summary="裁定采集责任 · Rule who collects a datum",
    responses={
        200: {"model": CollectionRulingView, "description": "重复提交 · The key was used before"}
    },
)
async def rule(
    body: CollectionRulingBody,
    key: IdempotencyKey,
    by: Publisher,
    session: Session,
    here: Here,
    response: Response,
) -> CollectionRulingView:
    """Say which department leads in collecting a datum in your region, and who may beside it.

    Others collect it second, or take it from the lead. A later ruling on the same datum takes the
    place of this one, which stays on record.

    Permission `resource:publish`, of a competent authority. Refused: 403 others; 409 departments
    outside your region, a basis that the rulebook does not name, or a key used with another body.
    jiangsu-2012 §11 §12, yixing-2016 §14.
    """
    ruling, new = await usecases.rule(session, by, here, key, body)
    response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
    response.headers["Location"] = f"/v1/collection-rulings/{ruling.id}"
    return CollectionRulingView.of(ruling)


@router.get("/collection-rulings", summary="查询采集责任 · List rulings on who collects")
async def list_rulings(
    viewer: Reader,
    session: Session,
    narrowed: Annotated[WantedRulings, Depends(wanted)],
    paging: Paging,
) -> Page[CollectionRulingView]:
    """The rulings that hold in your region, the newest first.

    Permission `resource:read`. jiangsu-2012 §12.
    """
    found, after = await rulings.listing(session, narrowed, viewer, paging)
    return Page(items=[CollectionRulingView.of(ruling) for ruling in found], next=after)


@router.get("/collection-rulings/{ruling}", summary="查看采集责任 · Read a ruling on who collects")
async def read_ruling(ruling: UUID, viewer: Reader, session: Session) -> CollectionRulingView:
    """One ruling: who leads, who may collect beside it, and on which basis.

    Permission `resource:read`. Refused: 404 one of another region.
    """
    return CollectionRulingView.of(await rulings.get(session, ruling, viewer))
