"""What the gateway does beside answering: relay its outbox, and hear of grants."""

from gateway.consumers import CONSUMERS
from gateway.models import Base
from gateway.settings import GatewaySettings
from shared import worker


async def run(settings: GatewaySettings | None = None) -> None:
    """Work until cancelled. All of requests is followed, so that the lease can be judged."""
    told = settings or GatewaySettings()
    await worker.run("gateway", Base, told, consumers=CONSUMERS, follow=["requests"])
