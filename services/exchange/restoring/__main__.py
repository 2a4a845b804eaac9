"""Tell exchange that its database went back: `python -m services.exchange.restoring`.

With the settings of exchange's worker, which is stopped meanwhile. For restores that a program
cannot see: a snapshot of the whole machine.
"""

import asyncio
import sys

from services.exchange.models import Base
from services.exchange.restoring.usecases import renumber
from services.exchange.settings import ExchangeSettings
from shared import clock, db


async def main() -> int:
    """Renumber everything; how many resources."""
    told = ExchangeSettings()
    engine = db.engine(told.database.get_secret_value(), size=1)
    try:
        async with db.sessions(engine, Base).begin() as session:
            return await renumber(session, clock.now())
    finally:
        await engine.dispose()


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(main())} resources go on in a new epoch.\n")
