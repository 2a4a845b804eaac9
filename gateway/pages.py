"""The pages that the gateway serves itself: the OpenAPI page and its files, without internet."""

from importlib import resources
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html
from fastapi.responses import HTMLResponse, RedirectResponse

from gateway.oauth.routes import DOCS_APPLICATION
from gateway.openapi import Descriptions
from shared.errors import NotFound

router = APIRouter(include_in_schema=False)
_FILES = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}
# An empty picture: a browser asks for one, and none may come from elsewhere.
_ICON = "data:,"


@router.get("/")
async def home() -> Response:
    """The way to the docs page."""
    return RedirectResponse("/docs", 307)


@router.get("/openapi.json")
async def openapi(request: Request) -> dict[str, Any]:
    """The platform's one OpenAPI document."""
    descriptions: Descriptions = request.app.state.descriptions
    return await descriptions.whole()


@router.get("/docs")
async def docs() -> HTMLResponse:
    """The page where an operator reads and tries every operation."""
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="汇通 Huitong · API",
        oauth2_redirect_url="/docs/oauth2-redirect",
        init_oauth={
            "clientId": DOCS_APPLICATION,
            "usePkceWithAuthorizationCodeGrant": True,
        },
        swagger_js_url="/docs/files/swagger-ui-bundle.js",
        swagger_css_url="/docs/files/swagger-ui.css",
        swagger_favicon_url=_ICON,
        swagger_ui_parameters={
            "persistAuthorization": False,
            "displayRequestDuration": True,
            "filter": True,
            "docExpansion": "none",
            "tryItOutEnabled": True,
        },
    )


@router.get("/docs/oauth2-redirect")
async def redirect() -> HTMLResponse:
    """Where the log-in page sends the person back to."""
    return get_swagger_ui_oauth2_redirect_html()


@router.get("/docs/files/{name}")
async def file(name: str) -> Response:
    """A file of the docs page, from the installed package."""
    media_type = _FILES.get(name)
    if media_type is None:
        raise NotFound("There is no such file.")
    content = resources.files("fastapi_swagger").joinpath("resources", name).read_bytes()
    return Response(content, media_type=media_type, headers={"Cache-Control": "max-age=86400"})
