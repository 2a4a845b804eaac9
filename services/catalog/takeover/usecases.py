"""What can be done in a takeover: bring old codes in."""

from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.takeover import queries
from services.catalog.takeover.models import FormerCode
from services.catalog.takeover.schemas import TakenView, TakeoverBody
from shared import clock
from shared.errors import Conflict, FieldError, Forbidden
from shared.events.catalog import CodesTakenOver
from shared.outbox import emit
from shared.principal import Principal


class TakeoverNotTheAuthority(Forbidden):
    """Old codes are brought in by a competent authority: they mean the same to everybody."""

    code = "takeover-not-the-authority"
    title = "Not the authority"


class FormerCodeUnfit(Conflict):
    """A code means another resource already, or stands twice, or its resource is unknown."""

    code = "former-code-unfit"
    title = "Former code unfit"


async def take_over(session: AsyncSession, by: Principal, body: TakeoverBody) -> TakenView:
    """Let the codes mean their resources, all or none; what is known already stays.

    Raises TakeoverNotTheAuthority and FormerCodeUnfit with every code that is.
    """
    if by.authority is None:
        raise TakeoverNotTheAuthority("Old codes are brought in by the competent authority.")
    wanted = {pair.code: pair.resource for pair in body.codes}
    known = await queries.known(session, body.platform, wanted)
    seen = await queries.seen(session, set(wanted.values()), by)
    faults = []
    for number, pair in enumerate(body.codes):
        if wanted[pair.code] != pair.resource:
            faults.append(FieldError(f"codes.{number}.code", "repeated", "It stands here twice."))
        elif pair.resource not in seen:
            sentence = "No resource that you see has this id."
            faults.append(FieldError(f"codes.{number}.resource", "resource-unknown", sentence))
        elif known.get(pair.code, pair.resource) != pair.resource:
            sentence = "It means another resource already, and goes on meaning that."
            faults.append(FieldError(f"codes.{number}.code", "means-another", sentence))
    if faults:
        raise FormerCodeUnfit(f"{len(faults)} codes cannot be taken over.", errors=faults)
    at = clock.now()
    new = {code: resource for code, resource in wanted.items() if code not in known}
    for code, resource in new.items():
        session.add(
            FormerCode(
                platform=body.platform,
                code=code,
                resource_id=resource,
                actor=by.actor,
                taken_over_at=at,
            )
        )
    if new:
        emit(
            session,
            CodesTakenOver(
                at=at,
                actor=by.actor,
                department=by.department,
                aggregate=uuid5(NAMESPACE_URL, body.platform),
                access_id=by.access_id,
                platform=body.platform,
                count=len(new),
            ),
        )
    return TakenView(new=len(new), known=len(wanted) - len(new))
