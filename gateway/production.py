"""What the gateway refuses to be in production with: `python -m gateway.production` prints it.

Run with the settings of the gateway process; exit status 0 where there is no reason, 78 where
there is one.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from itertools import combinations
from typing import Final

import asyncpg

from gateway.roles import Role
from shared import db, production

# 三员分立: nobody holds two of them.
_THREE: Final = (
    Role.SYSTEM_ADMINISTRATOR,
    Role.SECURITY_ADMINISTRATOR,
    Role.AUDIT_ADMINISTRATOR,
)
_EXAMPLE: Final = "SELECT EXISTS (SELECT 1 FROM example_loaded)"
_HOLDERS: Final = "SELECT id, roles FROM operator WHERE disabled_at IS NULL ORDER BY id"


async def reasons(environment: Mapping[str, str]) -> list[str]:
    """The gateway's own reasons, beside those of every process (shared/production.py)."""
    return [*_told(environment), *await _of_database(environment)]


def _told(environment: Mapping[str, str]) -> list[str]:
    found = []
    certificate = environment.get("HUITONG_TLS_CERTIFICATE")
    serves = "HUITONG_LISTEN" in environment
    if serves and not certificate and not environment.get("HUITONG_TRUSTED_PROXIES"):
        found.append(
            "The gateway speaks plain HTTP: give it HUITONG_TLS_CERTIFICATE and HUITONG_TLS_KEY, "
            "or name the TLS proxy before it in HUITONG_TRUSTED_PROXIES."
        )
    if certificate and not environment.get("HUITONG_TLS_KEY"):
        found.append("HUITONG_TLS_CERTIFICATE is given without HUITONG_TLS_KEY.")
    if environment.get("HUITONG_TLS_CLIENT_CA") and not certificate:
        found.append(
            "HUITONG_TLS_CLIENT_CA is given without HUITONG_TLS_CERTIFICATE: no machine is asked "
            "for its certificate. Where a proxy ends TLS, name it in HUITONG_CERTIFICATE_PROXIES."
        )
    if not production.flag(environment, "HUITONG_SECOND_FACTOR_REQUIRED"):
        found.append(
            "HUITONG_SECOND_FACTOR_REQUIRED is off: a stolen password alone would let in "
            "whoever holds it."
        )
    return found


async def _of_database(environment: Mapping[str, str]) -> list[str]:
    try:
        dsn = environment["HUITONG_DATABASE"]
        connection = await asyncpg.connect(**db.asyncpg_arguments(dsn), timeout=5)
    except (KeyError, ValueError, *db.AWAY, asyncpg.PostgresError):
        # Said already by the check of every process.
        return []
    try:
        example = await connection.fetchval(_EXAMPLE)
        holders = await connection.fetch(_HOLDERS)
    except asyncpg.PostgresError as error:
        return [f"The gateway's tables cannot be read ({type(error).__name__}): migrate first."]
    finally:
        await connection.close(timeout=2)
    found = []
    if example:
        found.append(
            "The example departments were loaded, and their accounts can log in: begin with an "
            "empty database."
        )
    return found + [
        f"The account {row['id']} is {first} and {second}: system, security and audit "
        "administrator are three people (三员分立)."
        for row in holders
        for first, second in combinations([r.value for r in _THREE if r.value in row["roles"]], 2)
    ]


def main() -> None:
    """The command line: the settings of the environment, as if production were on."""
    target = "gateway.app:create_app"
    found = asyncio.run(production.reasons(target, os.environ, wait=False))
    if found:
        sys.stdout.write(production.sentences(found))
        sys.exit(production.EXIT_STATUS)
    sys.stdout.write("Nothing speaks against production.\n")


if __name__ == "__main__":
    main()
