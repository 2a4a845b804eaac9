"""The catalog service, assembled."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from services.catalog.announced.routes import router as announced
from services.catalog.bulk.routes import imports, systems
from services.catalog.catalogues.routes import router as catalogues
from services.catalog.changes.routes import router as changes
from services.catalog.comparison.routes import router as comparison
from services.catalog.guide.public import router as public_guide
from services.catalog.guide.routes import router as guide
from services.catalog.harvest.routes import router as harvest
from services.catalog.installation import Installation
from services.catalog.maintenance.routes import router as maintenance
from services.catalog.mappings.routes import router as mappings
from services.catalog.models import Base
from services.catalog.must_share.routes import router as must_share
from services.catalog.needs.routes import router as needs
from services.catalog.occasions.routes import router as occasions
from services.catalog.plans.routes import router as plans
from services.catalog.projects.routes import router as projects
from services.catalog.projects.signing import Notary
from services.catalog.routes import router
from services.catalog.search.following import Following
from services.catalog.search.routes import router as search
from services.catalog.settings import CatalogSettings
from services.catalog.sources.routes import router as sources
from services.catalog.standards.routes import router as standards
from services.catalog.takeover.routes import router as takeover
from services.catalog.workbook.routes import router as workbook
from shared.app import create_service
from shared.crypto import suite

# What is said of many entries at once, and how many come in at once.
UPKEEP = (standards, must_share, occasions, maintenance, catalogues, plans, guide, projects)
WAYS_IN = (imports, systems, workbook, mappings, harvest, takeover)
# Without log-in, the guide first: its paths are literal where the other has an id.
PUBLIC = (public_guide, announced)


def create_app(settings: CatalogSettings | None = None) -> FastAPI:
    """The HTTP side of the catalogue, told by `settings` or the environment."""
    told = settings or CatalogSettings()

    @contextlib.asynccontextmanager
    async def searching(app: FastAPI) -> AsyncIterator[None]:
        app.state.search = Following(app.state.sessions, told.search_index)
        async with app.state.search.running():
            yield

    app = create_service(
        name="catalog",
        title="政务信息资源目录 · Catalogue of resources",
        description="What data each department holds, described so that others can ask for it.",
        settings=told,
        base=Base,
        # The search first: its paths are literal where another has the id of a resource.
        routers=[search, router, comparison, changes, *UPKEEP, *WAYS_IN, needs, sources, *PUBLIC],
        startup=[searching],
    )
    app.state.installation = Installation.of(told)
    app.state.notary = Notary.of(suite(told.crypto_suite), told.statement_key_file)
    return app
