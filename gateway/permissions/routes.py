"""HTTP for the table of permissions, as a page and as data."""

from typing import Annotated

from fastapi import APIRouter, Request, Security
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from gateway.openapi import Descriptions
from gateway.permissions.page import SECURITY_POLICY, page
from gateway.permissions.table import HolderKind, Table, table
from gateway.rules import RULES
from shared.access import Permission, Principal, admit

router = APIRouter()
Anyone = Annotated[Principal, Security(admit, scopes=[Permission.PROFILE_READ])]


class HolderView(BaseModel):
    """A role or a kind of machine, and everything that it may do."""

    model_config = ConfigDict(from_attributes=True)

    kind: HolderKind
    id: str = Field(examples=["reviewer"])
    name: str = Field(examples=["审核人"])
    permissions: list[Permission]


class OperationView(BaseModel):
    """One operation that a permission opens."""

    model_config = ConfigDict(from_attributes=True)

    method: str = Field(examples=["POST"])
    path: str = Field(examples=["/v1/resources/{resource}/review"])
    summary: str | None = Field(examples=["审核资源 · Review a resource"])
    data: bool = Field(description="Whether it moves shared data and so needs a live grant.")


class PermissionView(BaseModel):
    """A permission, the operations that it opens, and who holds it."""

    model_config = ConfigDict(from_attributes=True)

    permission: Permission
    name: str = Field(examples=["审核目录"])
    operations: list[OperationView]
    holders: list[str] = Field(examples=[["reviewer", "catalogue-administrator"]])


class PermissionsView(BaseModel):
    """Who may do what on this platform."""

    model_config = ConfigDict(from_attributes=True)

    holders: list[HolderView]
    permissions: list[PermissionView] = Field(validation_alias="lines")


@router.get("/permissions", include_in_schema=False)
async def permissions_page(request: Request) -> HTMLResponse:
    """The table for people. Like the docs page it needs no log-in: it holds nobody's data."""
    return HTMLResponse(page(_table(request)), headers={"Content-Security-Policy": SECURITY_POLICY})


@router.get("/v1/permissions", tags=["身份 · Identity"], summary="权限表 · Who may do what")
async def permissions(viewer: Anyone, request: Request) -> PermissionsView:
    """Every role and kind of machine, its permissions, and the operations that they open.

    Made of the very rules that the gateway decides by; the page `/permissions` prints the same.
    Permission: `profile:read`. Source: baoji-2017 §4(4), §20 (authorisation through the whole
    life of the data), jiangsu-2017 §4(4), yixing-2016 §25.
    """
    return PermissionsView.model_validate(_table(request))


def _table(request: Request) -> Table:
    descriptions: Descriptions = request.app.state.descriptions
    return table(RULES, descriptions.summaries())
