"""HTTP for the registry of data elements. Each route reads its input, calls one thing."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response, Security

from services.catalog.routes import IfMatch, Reader
from services.catalog.standards import queries, usecases
from services.catalog.standards.elements import CODE
from services.catalog.standards.models import RegisteredElement
from services.catalog.standards.schemas import ElementBody, ElementView
from shared.access import admit
from shared.db import Session
from shared.pages import Page, Paging
from shared.principal import Permission, Principal

router = APIRouter(prefix="/v1/data-elements", tags=["数据元 · Data elements"])

Registrar = Annotated[Principal, Security(admit, scopes=[Permission.RESOURCE_PUBLISH])]
Code = Annotated[str, Path(pattern=f"^{CODE.pattern}$", description="The element's code.")]


def _tagged(response: Response, element: RegisteredElement) -> ElementView:
    response.headers["ETag"] = usecases.etag(element)
    return ElementView.of(element)


@router.get("", summary="查询数据元 · List data elements")
async def list_elements(
    _: Reader,
    session: Session,
    paging: Paging,
    q: Annotated[
        str | None, Query(max_length=100, description="Stands in code, name or source.")
    ] = None,
) -> Page[ElementView]:
    """The registry: national standards that the platform brings along, and what was registered.

    Permission `resource:read`. jiangsu-2012 §15, jiangsu-2017 §20, yixing-2016 §16, baoji-2017
    §25.
    """
    found, after = await queries.listing(session, q, paging)
    return Page(items=[ElementView.of(element) for element in found], next=after)


@router.get("/{element}", summary="查看数据元 · Read a data element")
async def read_element(
    element: Code, _: Reader, session: Session, response: Response
) -> ElementView:
    """One element: its type, length and code list, and the standard that it comes from.

    Permission `resource:read`. Refused: 404 unknown.
    """
    return _tagged(response, await queries.get(session, element))


@router.put(
    "/{element}",
    summary="登记数据元 · Register a data element",
    responses={201: {"model": ElementView, "description": "新登记 · New in the registry"}},
)
async def register(
    element: Code,
    body: ElementBody,
    by: Registrar,
    session: Session,
    response: Response,
    if_match: IfMatch = None,
) -> ElementView:
    """Put a data element into the registry, or restate one.

    Items that name it take its type, length and standard, and are checked against it when their
    entry is submitted and published.

    Permission `resource:publish`, at a competent authority. Refused: 403 elsewhere; 412 somebody
    else restated it first. jiangsu-2017 §20, baoji-2017 §25.
    """
    found, new = await usecases.register(session, by, element, body, if_match)
    response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
    return _tagged(response, found)
