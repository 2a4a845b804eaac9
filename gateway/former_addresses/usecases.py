"""What the platform's authority can do with former addresses. One function a verb."""

from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.former_addresses import queries, rules
from gateway.former_addresses.rules import Way
from gateway.former_addresses.schemas import AddressesReport, FaultView, FormerAddressesBody
from gateway.live import Live
from gateway.matching import Matcher
from gateway.models import FormerAddress
from gateway.rules import RULES
from shared import clock
from shared.errors import FieldError
from shared.events.gateway import AddressesTakenOver
from shared.ids import new_id
from shared.outbox import emit
from shared.principal import Principal

_MATCHER = Matcher(RULES)


async def rehearse(
    session: AsyncSession, by: Principal, body: FormerAddressesBody
) -> AddressesReport:
    """What would come of these; nothing is kept. Raises FormerAddressNotTheAuthority."""
    fresh, known, faults = await _judged(session, by, body)
    views = [FaultView(field=f.field, code=f.code, message=f.message) for f in faults]
    return AddressesReport(new=len(fresh), known=known, faults=views, applied=False)


async def take_over(
    session: AsyncSession, by: Principal, body: FormerAddressesBody
) -> AddressesReport:
    """Let these addresses lead on, all or none.

    Raises FormerAddressNotTheAuthority, FormerAddressUnfit with all that is wrong.
    """
    fresh, known, faults = await _judged(session, by, body)
    if faults:
        raise rules.FormerAddressUnfit(
            f"{len(faults)} old addresses cannot lead on; none does.", errors=faults
        )
    at = clock.now()
    for address, target in fresh.items():
        session.add(
            FormerAddress(
                id=new_id(),
                platform=body.platform,
                address=address,
                target=target,
                reason=body.reason,
                taken_over_at=at,
                taken_over_by=by.actor,
            )
        )
    if fresh:
        emit(
            session,
            AddressesTakenOver(
                at=at,
                actor=by.actor,
                department=by.department,
                aggregate=uuid5(NAMESPACE_URL, body.platform),
                access_id=by.access_id,
                platform=body.platform,
                count=len(fresh),
                reason=body.reason,
            ),
        )
    return AddressesReport(new=len(fresh), known=known, faults=[], applied=True)


async def end(session: AsyncSession, by: Principal, identity: UUID) -> FormerAddress:
    """Let an old address lead nowhere from now on.

    Raises FormerAddressNotTheAuthority, FormerAddressUnknown, FormerAddressEnded.
    """
    _check_authority(by)
    former = await queries.lock(session, identity)
    if former.ended_at is not None:
        raise rules.FormerAddressEnded("This address leads nowhere already.")
    emit(session, former.end(by, clock.now()))
    return former


def follow(way: Way | None, live: Live, by: Principal) -> str:
    """Where an old address leads the caller. Raises FormerAddressUnknown."""
    if way is not None:
        named = way.matched.grant if way.matched is not None else None
        grant = live.grant(named) if named is not None else None
        if rules.may_follow(by, way.matched, grant.grantee if grant else None):
            return way.target
    raise rules.FormerAddressUnknown("There is no such former address.")


def follow_to_page(way: Way | None) -> str:
    """The public page to which an old address leads. Raises FormerAddressUnknown."""
    if way is None or way.matched is not None:
        raise rules.FormerAddressUnknown("There is no such former address.")
    return way.target


async def _judged(
    session: AsyncSession, by: Principal, body: FormerAddressesBody
) -> tuple[dict[str, str], int, list[FieldError]]:
    """What is new, how much is known already, and what is wrong with the others."""
    _check_authority(by)
    plain = [rules.plain(moved.address) for moved in body.addresses]
    leading = await queries.leading(session, {address for address in plain if address})
    fresh: dict[str, str] = {}
    faults: list[FieldError] = []
    known = 0
    for number, (moved, address) in enumerate(zip(body.addresses, plain, strict=True)):
        wrong = rules.fault(moved.address, moved.target, _MATCHER)
        if wrong is None and address in fresh:
            wrong = ("address", "repeated", "It stands here twice.")
        if wrong is None and leading.get(address or "", moved.target) != moved.target:
            sentence = "It leads elsewhere; end that first."
            wrong = ("address", "leads-elsewhere", sentence)
        if wrong is not None:
            name, code, sentence = wrong
            faults.append(FieldError(f"addresses.{number}.{name}", code, sentence))
        elif address in leading:
            known += 1
        elif address is not None:
            fresh[address] = moved.target
    return fresh, known, faults


def _check_authority(by: Principal) -> None:
    if by.authority is None:
        raise rules.FormerAddressNotTheAuthority(
            "Old addresses are led on by the competent authority."
        )
