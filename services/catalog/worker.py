"""The worker of the catalogue: relay and consumers."""

from services.catalog.consumers import CONSUMERS
from services.catalog.models import Base
from services.catalog.settings import CatalogSettings
from shared import worker


async def run(settings: CatalogSettings | None = None) -> None:
    """Work until cancelled, told by `settings` or the environment."""
    await worker.run("catalog", Base, settings or CatalogSettings(), consumers=CONSUMERS)
