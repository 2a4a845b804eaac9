"""Whether this installation is fit for production: `production`, and `up` where it is on.

Every process is judged as it judges itself at its start (shared/production.py), and then what no
single process can see: a secret that two of them share.
"""

import asyncio
import sys
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from deploy.local.installation import Installation
from deploy.local.processes import PROCESSES, Surroundings, environment
from shared import production


async def unfit(around: Surroundings) -> list[str]:
    """Every reason against production, with the processes that it is about."""
    about: dict[str, list[str]] = {}
    for process in PROCESSES:
        told = environment(process, around)
        for reason in await production.reasons(process.target, told, wait=False):
            about.setdefault(reason, []).append(process.name)
    found = [f"{', '.join(names)}: {reason}" for reason, names in about.items()]
    return found + production.shared_secrets(_secrets(around))


def _secrets(around: Surroundings) -> Mapping[str, str]:
    """What each secret of the installation is for, and the secret."""
    found = {f"the passport key of {part}": key for part, key in around.passport_keys.items()}
    for kind, addresses in (("PostgreSQL", around.databases), ("NATS", around.buses)):
        for part, address in addresses.items():
            found[f"the password of {part} in {kind}"] = unquote(urlsplit(address).password or "")
    return found | {
        "the master key of exchange": around.master_key,
        "the key of the file door": around.door_key,
        "the key of second factors": around.second_factor_key,
    }


def tell() -> None:
    """Print every reason; exit status 78 where there is one."""
    installation = Installation.here()
    if not installation.state.exists():
        sys.exit("There is no installation here yet: HUITONG_EXAMPLE=0 make up")
    around = installation.surroundings(installation.cluster(), installation.nats())
    found = asyncio.run(unfit(around))
    if found:
        sys.stdout.write(production.sentences(found))
        sys.exit(production.EXIT_STATUS)
    print("Nothing speaks against production.")
