"""The worker of the catalogue: relay, consumers, and the days on which changes take effect."""

from services.catalog.bulk.jobs import jobs as import_jobs
from services.catalog.changes import effects
from services.catalog.consumers import consumers
from services.catalog.harvest.running import jobs as harvest_jobs
from services.catalog.installation import Installation
from services.catalog.maintenance import clocks
from services.catalog.models import Base
from services.catalog.search.changes import JOB as FORGETTING
from services.catalog.settings import CatalogSettings
from services.catalog.standards import shipping
from shared import worker


async def run(settings: CatalogSettings | None = None) -> None:
    """Work until cancelled, told by `settings` or the environment."""
    told = settings or CatalogSettings()
    here = Installation.of(told)
    jobs = [*effects.jobs(here), *clocks.jobs(here), *shipping.jobs()]
    jobs += [*import_jobs(here), *harvest_jobs(told.harvest), FORGETTING]
    await worker.run("catalog", Base, told, consumers=consumers(here), jobs=jobs)
