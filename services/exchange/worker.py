"""The worker of exchange: relay, consumers, queue of batches, cuts for grants, sweep, clocks."""

import logging
from datetime import datetime, timedelta

from services.exchange import leaving
from services.exchange.consumers import CONSUMERS, FOLLOWED
from services.exchange.cutting import Cutter
from services.exchange.freshness import clocks as freshness
from services.exchange.importing import Importer
from services.exchange.jurisdiction import Jurisdiction
from services.exchange.models import Base
from services.exchange.outside import clocks
from services.exchange.queue import CHANNEL, Queue, for_ever
from services.exchange.restoring import usecases as restoring
from services.exchange.retention.trimming import Trimmer
from services.exchange.settings import ExchangeSettings
from services.exchange.sweeping import Sweeper
from services.exchange.uploads.scanning import scanner_of
from services.exchange.vault import Vault
from shared import worker
from shared.worker import Job, Working

_log = logging.getLogger(__name__)
_CUTS = "cuts"
# A loop that ends does so because of a fault; it begins again after a breath.
_BREATH = timedelta(seconds=1)


async def run(settings: ExchangeSettings | None = None) -> None:
    """Work until cancelled, told by `settings` or the environment."""
    told = settings or ExchangeSettings()
    vault = Vault.told(told)
    vault.prepare()
    scanner = scanner_of(told.scanner, told.scanner_window)
    if scanner is None:
        _log.warning("uploads are not scanned for malware (HUITONG_SCANNER)")
    importer = Importer(vault, scanner=scanner)
    dsn = told.database.get_secret_value()

    async def batches(working: Working, at: datetime) -> None:
        # Before a number is given: a database that went back must not give one twice.
        renumbered = await restoring.look(working.sessions, vault, at)
        if renumbered:
            _log.warning("the database was restored: %d resources renumbered", renumbered)
        queue = Queue(working.sessions, vault, importer)
        await for_ever(dsn, CHANNEL, queue.work)

    async def cuts(working: Working, at: datetime) -> None:
        await for_ever(dsn, _CUTS, Cutter(working.sessions, vault, importer).work)

    async def sweep(working: Working, at: datetime) -> None:
        await Sweeper(working.sessions, vault).sweep(at)
        await Trimmer(working.sessions, vault, dsn).trim(at)

    async def orphans(working: Working, at: datetime) -> None:
        if vault.bucket is not None:
            await leaving.remove_orphans(working.sessions, vault, at)

    here = Jurisdiction.of(told)
    jobs = [
        Job("batches", _BREATH, batches),
        Job("cuts", _BREATH, cuts),
        Job("sweep", timedelta(minutes=10), sweep),
        Job("orphans", timedelta(days=1), orphans),
        clocks.job(here),
        freshness.job(here),
    ]
    await worker.run("exchange", Base, told, consumers=CONSUMERS, follow=FOLLOWED, jobs=jobs)
