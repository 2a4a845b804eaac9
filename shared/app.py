"""The frame that every service's HTTP side stands in."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
from fastapi import APIRouter, FastAPI, Request, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import clock, db, errors, passport, rulebooks
from shared.ids import new_id
from shared.settings import Settings

Startup = Callable[[FastAPI], AbstractAsyncContextManager[None]]
_log = logging.getLogger(__name__)
_READY_SECONDS = 2.0


class RequestId:
    """Give each request an id, the gateway's where it sent one, and answer with it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = next((v for k, v in scope["headers"] if k == b"x-request-id"), b"")
        usable = 8 <= len(sent) <= 64 and sent.replace(b"-", b"").isalnum()
        request_id = sent.decode() if usable else str(new_id())
        scope["request_id"] = request_id

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        await self._app(scope, receive, answer)


def create_service(
    *,
    name: str,
    title: str,
    description: str,
    settings: Settings,
    base: type[db.Declarative],
    routers: Sequence[APIRouter],
    startup: Sequence[Startup] = (),
    openapi_url: str | None = "/openapi.json",
) -> FastAPI:
    """The HTTP side of the service `name`: its routers behind passports, problems, readiness.

    Holds on `app.state`: `settings`, `sessions`, `rulebook` (in force today), `passport_lock`.
    """
    engine = db.engine(settings.database.get_secret_value(), size=settings.pool_size)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(engine.dispose)
            for start in startup:
                await stack.enter_async_context(start(app))
            yield

    app = FastAPI(
        title=title,
        description=description,
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        # On the service's own socket, for the gateway, which lists it for nobody else.
        openapi_url=openapi_url,
        # FastAPI would describe its own 422; ours is the problem document.
        responses={
            "4XX": {"model": errors.Problem, "description": "拒绝 · Refused (RFC 9457)"},
            "503": {"model": errors.Problem, "description": "暂不可用 · Not available now"},
        },
        # A redirect would name whatever host the caller claims to have called.
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.sessions = db.sessions(engine, base)
    today = clock.local_date(clock.now(), settings.timezone)
    app.state.rulebook = rulebooks.load(settings.rulebook, today)
    key = bytes.fromhex(settings.passport_key.get_secret_value())
    # Functions that return why the process is not ready, or None; a part may add its own.
    ready_checks: list[Callable[[], str | None]] = []
    app.state.ready_checks = ready_checks
    app.state.passport_lock = passport.Lock(name, key)
    errors.install(app)
    _answer_for_the_database(app)
    for router in routers:
        app.include_router(router)
    add_health(app)
    app.add_middleware(RequestId)
    _tell_refusals(app)
    return app


def _tell_refusals(app: FastAPI) -> None:
    """Describe refusals as what they are: problem documents, and each kind by its name.

    The names are for the pages that problem documents lead to.
    """
    described = app.openapi

    def with_refusals() -> dict[str, Any]:  # the edge: OpenAPI as JSON
        document = described()
        for methods in document["paths"].values():
            for operation in methods.values():
                for status in ("4XX", "503"):
                    content = operation["responses"][status]["content"]
                    if "application/json" in content:
                        content[errors.MEDIA_TYPE] = content.pop("application/json")
        return {**document, "x-problems": errors.known()}

    app.openapi = with_refusals  # type: ignore[method-assign]  # as FastAPI's manual has it


def _answer_for_the_database(app: FastAPI) -> None:
    """Answer 503 for an absent database also where a route opens sessions of its own."""

    async def failed(request: Request, error: Exception) -> Response:
        refusal = db.refusal_of(error)
        if refusal is None:
            _log.error("the database failed", exc_info=error)
            refusal = errors.Fault("The platform failed; the request id leads to the reason.")
        return errors.answer(refusal, request.scope.get("request_id"))

    for kind in (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, db.Unreachable):
        app.add_exception_handler(kind, failed)


def add_health(app: FastAPI) -> None:
    """Liveness (the process answers) and readiness (so does its database), outside OpenAPI."""

    @app.get("/livez", include_in_schema=False)
    async def live() -> Response:
        return Response("live\n", media_type="text/plain")

    @app.get("/readyz", include_in_schema=False)
    async def ready(request: Request) -> Response:
        # Not the application around it: FastAPI remembers this function, and would keep both.
        here = request.app.state
        sessions: db.Sessions = here.sessions
        try:
            async with asyncio.timeout(_READY_SECONDS), sessions() as session:
                await session.execute(text("SELECT 1"))
        except Exception as error:  # any reason at all means the same: not ready
            _log.warning("not ready: %s", type(error).__name__)
            return _not_ready("the database is away")
        for check in here.ready_checks:
            reason = check()
            if reason is not None:
                return _not_ready(reason)
        return Response("ready\n", media_type="text/plain")


def _not_ready(reason: str) -> Response:
    return Response(f"{reason}\n", 503, {"Retry-After": "1"}, media_type="text/plain")
