"""The worker of requests: relay, consumers, the lease, and the look-out for silence."""

from services.requests import overdue
from services.requests.consumers import CONSUMERS
from services.requests.jurisdiction import Jurisdiction
from services.requests.lease import LEASE
from services.requests.models import Base
from services.requests.settings import RequestsSettings
from shared import worker


async def run(settings: RequestsSettings | None = None) -> None:
    """Work until cancelled, told by `settings` or the environment."""
    told = settings or RequestsSettings()
    jobs = [LEASE, *overdue.jobs(Jurisdiction.of(told))]
    await worker.run("requests", Base, told, consumers=CONSUMERS, jobs=jobs)
