"""What can be done to outside identities: link one, take one away. One function a verb."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.queries import lock as lock_operator
from gateway.identity.queries import lock_client
from gateway.issuers import pseudonyms, queries
from gateway.issuers.directory import Directory
from gateway.issuers.schemas import LinkBody
from gateway.models import Client, Operator, OutsideIdentity
from gateway.oauth import log_ins
from shared import clock
from shared.access import Principal
from shared.errors import Conflict, NotFound
from shared.idempotency import claim
from shared.outbox import emit

UNLINKED = "outside-identity-unlinked"


class IdentityTaken(Conflict):
    """Whoever that is at the issuer is somebody here already."""

    code = "outside-identity-taken"
    title = "Outside identity taken"


async def link_operator(
    session: AsyncSession,
    by: Principal,
    identity: UUID,
    body: LinkBody,
    issuers: Mapping[str, Directory],
    secret: bytes,
    key: str,
) -> OutsideIdentity:
    """From now on somebody at the issuer is this operator. Raises NotFound, IdentityTaken."""
    operator = await lock_operator(session, by, identity)
    return await _link(session, by, operator, body, issuers, secret, key)


async def link_client(
    session: AsyncSession,
    by: Principal,
    identity: UUID,
    body: LinkBody,
    issuers: Mapping[str, Directory],
    secret: bytes,
    key: str,
) -> OutsideIdentity:
    """From now on a machine at the issuer is this client. Raises NotFound, IdentityTaken."""
    client = await lock_client(session, identity, by)
    return await _link(session, by, client, body, issuers, secret, key)


async def unlink_operator(session: AsyncSession, by: Principal, identity: UUID, link: UUID) -> None:
    """The issuer's somebody is nobody here; what it logged in to ends. Raises NotFound."""
    operator = await lock_operator(session, by, identity)
    at = clock.now()
    for begun in await queries.log_ins_begun(session, link, None, at):
        log_in = await log_ins.lock(session, begun)
        if log_in is not None:
            await log_ins.end(session, log_in, by.actor, UNLINKED, at)
    await _unlink(session, by, operator, link)


async def unlink_client(session: AsyncSession, by: Principal, identity: UUID, link: UUID) -> None:
    """The machine at the issuer is nobody here; tokens that it got end by themselves in minutes.

    Raises NotFound.
    """
    await _unlink(session, by, await lock_client(session, identity, by), link)


async def _link(
    session: AsyncSession,
    by: Principal,
    member: Operator | Client,
    body: LinkBody,
    issuers: Mapping[str, Directory],
    secret: bytes,
    key: str,
) -> OutsideIdentity:
    at = clock.now()
    directory = issuers.get(body.issuer)
    if directory is None:
        raise NotFound("No issuer of this name is trusted.")
    address = directory.trusted.issuer
    pseudonym = (
        pseudonyms.read(body.code)
        if body.code is not None
        else pseudonyms.of(secret, address, b"subject", body.subject or "")
    )
    # The subject stays out of what is remembered of the body.
    sent = member.id.bytes + address.encode() + pseudonym
    made, first = await claim(session, by, "link-outside-identity", key, sent, at)
    if not first:
        return await queries.lock_identity(session, made, member.id)
    link = OutsideIdentity(
        id=made,
        issuer=address,
        pseudonym=pseudonym,
        operator=member.id if isinstance(member, Operator) else None,
        client=member.id if isinstance(member, Client) else None,
        linked_at=at,
    )
    session.add(link)
    try:
        await session.flush()
    except IntegrityError:
        raise IdentityTaken("Whoever that is at the issuer is linked already.") from None
    emit(session, link.told("linked", member.department, by.actor, by.department, 1, at))
    return link


async def _unlink(
    session: AsyncSession, by: Principal, member: Operator | Client, link: UUID
) -> None:
    found = await queries.lock_identity(session, link, member.id)
    at = clock.now()
    emit(session, found.told("unlinked", member.department, by.actor, by.department, 2, at))
    await session.delete(found)
