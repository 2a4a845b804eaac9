"""The audit service, assembled."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.audit.models import Base
from services.audit.routes import router
from services.audit.settings import AuditSettings
from shared.app import create_service


@asynccontextmanager
async def _public_key(app: FastAPI) -> AsyncIterator[None]:
    # Only the public half stays in the process that answers requests.
    app.state.log_key = app.state.settings.log_key()
    yield


def create_app(settings: AuditSettings | None = None) -> FastAPI:
    """The HTTP side of audit: questions and proofs. It writes nothing."""
    return create_service(
        name="audit",
        title="审计日志 · Audit log",
        description="谁在何时、凭何授权、看了什么，以及可离线验证的证明。"
        " · Who saw what, when and under which grant, with proofs that verify offline.",
        settings=settings or AuditSettings(),
        base=Base,
        routers=[router],
        startup=[_public_key],
    )
