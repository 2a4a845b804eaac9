"""What the gateway does beside answering: relay, hear, forget, let planned days come."""

from datetime import timedelta

from gateway.consumers import CONSUMERS
from gateway.departments.taking_effect import TAKING_EFFECT
from gateway.filings.reminding import reminding
from gateway.limits.counting import FORGETTING_USAGE
from gateway.models import Base
from gateway.oauth.expiry import forget_expired
from gateway.settings import GatewaySettings
from gateway.successions.carrying_out import CARRYING_OUT
from shared import worker
from shared.worker import Job


async def run(settings: GatewaySettings | None = None) -> None:
    """Work until cancelled. All of requests is followed, so that the lease can be judged."""
    told = settings or GatewaySettings()
    forgetting = Job("forget what has expired", timedelta(minutes=10), forget_expired)
    await worker.run(
        "gateway",
        Base,
        told,
        consumers=CONSUMERS,
        follow=["requests"],
        jobs=[forgetting, FORGETTING_USAGE, TAKING_EFFECT, CARRYING_OUT, reminding(told)],
    )
