"""`python -m services.exchange.checking`: `check`, or `rebuild RESOURCE` or `rebuild all`.

Run with the settings of exchange's worker, beside a running platform. Exit status: 0 all holds or
was made anew, 1 something does not hold (a line each), 2 it cannot look.
"""

import asyncio
import sys
from collections.abc import Sequence
from uuid import UUID

import asyncpg
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from services.exchange.bell import Bell
from services.exchange.checking import queries
from services.exchange.checking.rebuilding import BeingWorkedOn, rebuild
from services.exchange.checking.verifying import verify
from services.exchange.importing import Importer
from services.exchange.models import Base
from services.exchange.settings import ExchangeSettings
from services.exchange.vault import Vault
from shared import db
from shared.crypto import Tampered

HOLDS, FAULTY, BLIND = 0, 1, 2
_USAGE = "usage: python -m services.exchange.checking check | rebuild RESOURCE | rebuild all"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


async def _check(told: ExchangeSettings) -> int:
    engine = db.engine(told.database.get_secret_value(), size=2)
    try:
        looked = await verify(db.sessions(engine, Base), Vault.told(told), _say)
    finally:
        await engine.dispose()
    _say(
        f"{looked.files} files with {looked.bytes} bytes and {looked.tables} lookup tables: "
        + (f"{looked.faults} do not hold" if looked.faults else "all hold")
    )
    return FAULTY if looked.faults else HOLDS


async def _rebuild(told: ExchangeSettings, which: UUID | None) -> int:
    dsn = told.database.get_secret_value()
    engine = db.engine(dsn, size=2)
    sessions, vault = db.sessions(engine, Base), Vault.told(told)
    status = HOLDS
    try:
        async with sessions() as session:
            found = [r.id for r in await queries.resources_with_data(session)]
        async with Bell(dsn) as bell:
            for resource in found if which is None else [which]:
                try:
                    rows = await rebuild(sessions, vault, bell, Importer(vault), resource)
                except BeingWorkedOn:
                    _say(f"resource {resource}: a batch is being published, try again later")
                    status = FAULTY
                except (FileNotFoundError, Tampered) as error:
                    _say(f"resource {resource}: a stored file does not hold: {error}")
                    status = FAULTY
                else:
                    made = "has no data" if rows is None else f"{rows} rows made anew"
                    _say(f"resource {resource}: {made}")
    finally:
        await engine.dispose()
    return status


def main(arguments: Sequence[str]) -> int:
    """Do what is asked; the exit status."""
    try:
        match list(arguments):
            case ["check"]:
                return asyncio.run(_check(ExchangeSettings()))
            case ["rebuild", "all"]:
                return asyncio.run(_rebuild(ExchangeSettings(), None))
            case ["rebuild", resource]:
                return asyncio.run(_rebuild(ExchangeSettings(), UUID(resource)))
    except ValidationError:
        _say("The settings of exchange's worker are missing: run it in `make shell`.")
        return BLIND
    except (*db.AWAY, SQLAlchemyError, asyncpg.PostgresError) as error:
        _say(f"The database cannot be asked: {type(error).__name__}")
        return BLIND
    except ValueError:
        # What was to be a resource is no id.
        return _explain()
    return _explain()


def _explain() -> int:
    _say(_USAGE)
    return BLIND


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
