"""What one process has to do with providers' systems, put together."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from services.exchange.apis.asking import Asking
from services.exchange.apis.calling import Calls
from services.exchange.apis.front_ends import FrontEnds
from services.exchange.apis.reaching import Reaching
from services.exchange.apis.serving import Serving
from services.exchange.apis.systems import Systems
from services.exchange.apis.trials import Trials
from services.exchange.apis.watching import Watch
from services.exchange.settings import ExchangeSettings
from services.exchange.vault import Vault
from shared.background import beside
from shared.db import Sessions
from shared.egress import Egress
from shared.reach import Reach

_AGENT = "huitong-exchange/1"
# More than any one system allows at once: how many go to a host is bounded by their providers.
_CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class Interfaces:
    """The parts, for routes."""

    reach: Reach
    vault: Vault
    systems: Systems
    serving: Serving
    calls: Calls
    trials: Trials
    watch: Watch
    _egress: Egress

    @classmethod
    def of(cls, told: ExchangeSettings, sessions: Sessions, vault: Vault) -> "Interfaces":
        """As the settings say."""
        egress = Egress(
            told.interfaces, _AGENT, trusted=told.api_certificates, connections=_CONNECTIONS
        )
        systems, front_ends = Systems(), FrontEnds()
        asking = Asking(Reaching(egress), front_ends, vault)
        return cls(
            reach=told.interfaces,
            vault=vault,
            systems=systems,
            serving=Serving(sessions, front_ends, systems),
            calls=Calls(sessions, vault, asking, systems),
            trials=Trials(sessions, asking),
            watch=Watch(sessions, asking, systems),
            _egress=egress,
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch over the systems for the block."""
        async with self._egress, beside(self.watch.run()):
            yield
