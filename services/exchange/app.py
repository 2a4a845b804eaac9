"""The exchange service, assembled."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.exchange.apis.call_routes import caller
from services.exchange.apis.interfaces import Interfaces
from services.exchange.apis.routes import router as interfaces
from services.exchange.apis.serve_routes import server
from services.exchange.correction_routes import corrector
from services.exchange.counters.routes import counter
from services.exchange.delta.reading import Tables
from services.exchange.delta.routes import delta
from services.exchange.freshness.routes import lists
from services.exchange.freshness.routes import router as freshness
from services.exchange.gathering import Gatherer
from services.exchange.jurisdiction import Jurisdiction
from services.exchange.live import Live
from services.exchange.lookup import Lookup, LookupFirst
from services.exchange.manifests import Counter
from services.exchange.models import Base
from services.exchange.off_platform.routes import figures
from services.exchange.off_platform.routes import router as off_platform
from services.exchange.older.routes import progress
from services.exchange.older.routes import router as older
from services.exchange.receipts.routes import router as receipts
from services.exchange.retention.routes import router as retention
from services.exchange.routes import grantee, provider
from services.exchange.settings import ExchangeSettings
from services.exchange.uploads.routes import uploader
from services.exchange.vault import Vault
from shared import db
from shared.app import create_service

# What does not go over the platform.
OUTSIDE = (off_platform, figures, older, progress)
# Whether data comes as promised, and what it is for.
PROMISES = (lists, freshness, counter)


def create_app(settings: ExchangeSettings | None = None) -> FastAPI:
    """The HTTP side of exchange, told by `settings` or the environment."""
    told = settings or ExchangeSettings()
    dsn = told.database.get_secret_value()
    vault = Vault.told(told)
    engine = db.engine(dsn, size=2)
    live = Live(db.sessions(engine, Base), dsn)
    gatherer = Gatherer(dsn)

    @asynccontextmanager
    async def started(app: FastAPI) -> AsyncIterator[None]:
        vault.prepare()
        try:
            found: Interfaces = app.state.interfaces
            async with live.following(), gatherer.running(), found.running():
                yield
        finally:
            await engine.dispose()

    app = create_service(
        name="exchange",
        title="数据交换 · Data exchange",
        description="Batches in, typed and checked; changes, files and lookups out, under grants.",
        settings=told,
        base=Base,
        routers=[
            provider,
            corrector,
            uploader,
            grantee,
            delta,
            receipts,
            retention,
            *OUTSIDE,
            *PROMISES,
            interfaces,
            caller,
            server,
        ],
        startup=[started],
    )
    app.state.lookup = Lookup(live, gatherer, vault, told.timezone)
    app.add_middleware(LookupFirst, lookup=app.state.lookup)
    app.state.vault = vault
    app.state.counter = Counter(app.state.sessions, told, vault)
    app.state.delta = Tables(app.state.sessions, app.state.counter)
    app.state.live = live
    app.state.interfaces = Interfaces.of(told, app.state.sessions, vault)
    app.state.jurisdiction = Jurisdiction.of(told)
    return app
