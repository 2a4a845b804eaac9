"""The requests service, assembled."""

from fastapi import FastAPI

from services.requests.jurisdiction import Jurisdiction
from services.requests.models import Base
from services.requests.routes import router
from services.requests.settings import RequestsSettings
from services.requests.suspensions.routes import router as suspensions
from services.requests.takeover.routes import router as takeover
from shared.app import create_service


def create_app(settings: RequestsSettings | None = None) -> FastAPI:
    """The HTTP side of requests, told by `settings` or the environment."""
    told = settings or RequestsSettings()
    app = create_service(
        name="requests",
        title="共享申请与授权 · Share requests and grants",
        description="Who asked for which resource, who decided, who may use it, who is suspended.",
        settings=told,
        base=Base,
        routers=[router, suspensions, takeover],
    )
    app.state.jurisdiction = Jurisdiction.of(told)
    return app
