"""The pages that the gateway serves itself: the OpenAPI page and its files, without internet."""

from http import HTTPStatus
from importlib import resources

from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html
from fastapi.responses import HTMLResponse, RedirectResponse

from gateway import problems
from gateway.oauth.routes import DOCS_APPLICATION
from gateway.openapi import Descriptions
from gateway.settings import GatewaySettings
from shared.crypto import token
from shared.errors import NotFound

router = APIRouter(include_in_schema=False)
_SCRIPT, _STYLE = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
# Each with the package that it lies in.
_FILES = {
    "swagger-ui-bundle.js": ("fastapi_swagger", "resources", _SCRIPT),
    "swagger-ui.css": ("fastapi_swagger", "resources", _STYLE),
    "docs.js": ("gateway", "assets", _SCRIPT),
    "docs.css": ("gateway", "assets", _STYLE),
}
# After Swagger UI's own style, and before anything is shown.
_OURS = (
    b'<link rel="stylesheet" type="text/css" href="/docs/files/docs.css">'
    b'<script src="/docs/files/docs.js"></script></head>'
)
# An empty picture: a browser asks for one, and none may come from elsewhere.
_ICON = "data:,"


@router.get("/")
async def home() -> Response:
    """The way to the docs page."""
    return RedirectResponse("/docs", 307)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The platform's one OpenAPI document, open to everybody: it tells what may be asked for, and
    nothing of what there is."""
    descriptions: Descriptions = request.app.state.descriptions
    whole = await descriptions.whole()
    headers = {"ETag": whole.etag, "Cache-Control": "no-cache"}
    if whole.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(whole.body, media_type="application/json", headers=headers)


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """The page where an operator reads and tries every operation."""
    settings: GatewaySettings = request.app.state.settings
    page = get_swagger_ui_html(
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
            # Grouped and ordered by the document; its schemas stand at their operations.
            "defaultModelsExpandDepth": -1,
        },
    )
    body = bytes(page.body).replace(b"<html>", b'<html lang="zh-CN">', 1)
    page = HTMLResponse(body.replace(b"</head>", _OURS, 1))
    return _guarded(page, settings.public_url)


@router.get("/docs/oauth2-redirect")
async def redirect(request: Request) -> HTMLResponse:
    """Where the log-in page sends the person back to."""
    settings: GatewaySettings = request.app.state.settings
    return _guarded(get_swagger_ui_oauth2_redirect_html(), settings.public_url)


@router.get("/problems/{code}")
async def problem(request: Request, code: str) -> HTMLResponse:
    """What a problem document's `type` means."""
    descriptions: Descriptions = request.app.state.descriptions
    if not descriptions.complete:
        await descriptions.refresh()
    found = problems.page(code, descriptions.documents)
    if found is None:
        raise NotFound("No refusal has this code.")
    return HTMLResponse(found)


@router.get("/docs/files/{name}")
async def file(name: str) -> Response:
    """A file of the docs page, from the installed package or our own."""
    found = _FILES.get(name)
    if found is None:
        raise NotFound("There is no such file.")
    package, folder, media_type = found
    content = resources.files(package).joinpath(folder, name).read_bytes()
    return Response(content, media_type=media_type, headers={"Cache-Control": "max-age=86400"})


def _guarded(page: HTMLResponse, platform: str) -> HTMLResponse:
    """`page` with leave to run the scripts that stand in it, and to call the platform."""
    nonce = token(16)
    policy = [
        "default-src 'none'",
        f"script-src 'self' 'nonce-{nonce}'",
        "style-src 'self' 'unsafe-inline'",  # Swagger UI styles its elements by attribute.
        "img-src 'self' data:",
        f"connect-src 'self' {platform}",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
    body = bytes(page.body).replace(b"<script>", b'<script nonce="%b">' % nonce.encode())
    return HTMLResponse(body, headers={"content-security-policy": "; ".join(policy)})
