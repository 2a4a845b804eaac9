"""What handing over does to a request, a grant and a suspension. Each returns what to tell."""

from datetime import datetime
from uuid import UUID

from services.requests.models import PLATFORM, Grant, ShareRequest
from services.requests.suspensions.models import Suspension
from services.requests.workflow import Action, move
from shared.events import requests as said


def hand_over_request(
    request: ShareRequest, succession: UUID, at: datetime
) -> said.RequestHandedOver:
    """An open request has the parties that it says now; the last day of the answer stays."""
    request.version += 1
    return said.RequestHandedOver(
        at=at,
        actor=PLATFORM,
        department=None,
        aggregate=request.id,
        version=request.version,
        succession=succession,
        request=request.id,
        resource=request.resource_id,
        requester=request.requester,
        provider=request.provider,
    )


def let_lapse(request: ShareRequest, at: datetime) -> said.RequestWithdrawn:
    """Nobody asks any more, or the department asks itself. Raises IllegalMove."""
    request.state = move(request.state, Action.WITHDRAW)
    request.withdrawn_at = at
    request.withdrawn_by = PLATFORM
    request.version += 1
    return said.RequestWithdrawn(
        at=at,
        actor=PLATFORM,
        department=None,
        aggregate=request.id,
        version=request.version,
        request=request.id,
        resource=request.resource_id,
        requester=request.requester,
        provider=request.provider,
    )


def hand_over_grant(grant: Grant, succession: UUID, at: datetime) -> said.GrantHandedOver:
    """A grant has the parties that it says now; items, purpose, circle and end stay."""
    grant.version += 1
    return said.GrantHandedOver(
        at=at,
        actor=PLATFORM,
        department=None,
        aggregate=grant.id,
        version=grant.version,
        succession=succession,
        grant=grant.id,
        resource=grant.resource_id,
        provider=grant.provider,
        grantee=grant.grantee,
    )


def end_grant(grant: Grant, reason: str, at: datetime) -> said.GrantRevoked:
    """A grant that nobody holds any more, or that a department would hold on its own data."""
    grant.revoked_at = at
    grant.revoked_by = PLATFORM
    grant.revocation_reason = reason
    grant.version += 1
    return said.GrantRevoked(
        at=at,
        actor=PLATFORM,
        department=None,
        aggregate=grant.id,
        version=grant.version,
        grant=grant.id,
        reason=reason,
    )


def continued(
    before: Suspension, identity: UUID, heir: UUID, region: str, at: datetime
) -> Suspension:
    """The suspension that whoever follows a suspended department stands under."""
    return Suspension(
        id=identity,
        department=heir,
        region=region,
        violation=before.violation,
        reason=before.reason,
        notified_on=before.notified_on,
        rectify_by=before.rectify_by,
        article=before.article,
        rulebook=before.rulebook,
        rulebook_version=before.rulebook_version,
        suspended_at=at,
        suspended_by=PLATFORM,
        continues=before.id,
    )
