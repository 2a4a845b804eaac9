"""Whose account it is that an outside issuer's person logs in to, and how one comes to be."""

import asyncio
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.queries import lock_own
from gateway.accounts.rules import RolesIncompatible, RolesMisplaced, check_compatible, check_placed
from gateway.accounts.usecases import note
from gateway.identity import passwords
from gateway.issuers import mapping, pseudonyms, queries
from gateway.issuers.id_tokens import Claims, subject
from gateway.issuers.trusted import Accounts, TrustedIssuer
from gateway.models import Change, Operator, OutsideIdentity
from gateway.roles import Role
from shared import crypto
from shared.events.gateway import OperatorRolesChanged
from shared.ids import new_id
from shared.outbox import emit

_PLATFORM = "platform:gateway"


class AccountRefused(Exception):
    """The person is who it is, and has no way in here; both sentences say what to do."""

    def __init__(self, chinese: str, english: str) -> None:
        super().__init__(f"{chinese} · {english}")


async def of_person(
    session: AsyncSession, trusted: TrustedIssuer, claims: Claims, key: bytes, at: datetime
) -> tuple[Operator, OutsideIdentity]:
    """The account of a person whom the issuer proved, and the link to it.

    Where the issuer's people get their accounts at the first log-in it is made then, and later
    log-ins bring its roles up to date. Raises AccountRefused, before anything is written.
    """
    pseudonym = pseudonyms.of(key, trusted.issuer, b"subject", subject(claims))
    known = await queries.identity_of(session, trusted.issuer, pseudonym)
    if known is None and trusted.accounts is Accounts.MADE:
        known = await _made(session, trusted, claims, pseudonym, at)
    if known is None or known.operator is None:
        shown = pseudonyms.shown(pseudonym)
        raise AccountRefused(
            f"您的身份尚未关联本平台账号。请将此代码告知安全管理员：{shown}",
            f"Your identity is linked to no account here. Tell the security administrator: {shown}",
        )
    operator = await lock_own(session, known.operator)
    if operator.disabled_at is not None:
        raise AccountRefused("此账号已停用", "This account is closed")
    if known.made and trusted.accounts is Accounts.MADE:
        department, roles = await _mapped(session, trusted, claims)
        if department != operator.department:
            raise AccountRefused(
                "您的部门已变更，请联系安全管理员",
                "You are in another department now: ask the security administrator",
            )
        _bring_up_to_date(session, operator, roles, at)
    return operator, known


async def _made(
    session: AsyncSession, trusted: TrustedIssuer, claims: Claims, pseudonym: bytes, at: datetime
) -> OutsideIdentity | None:
    department, roles = await _mapped(session, trusted, claims)
    operator = Operator(
        id=new_id(),
        department=department,
        username=f"{trusted.name}.{pseudonyms.shown(pseudonym)[:19]}",
        # Nobody knows this password: the way in is the issuer's.
        password_hash=await asyncio.to_thread(passwords.hashed, crypto.token()),
        roles=sorted(role.value for role in roles),
        registered_at=at,
    )
    link = OutsideIdentity(
        issuer=trusted.issuer,
        pseudonym=pseudonym,
        operator=operator.id,
        made=True,
        linked_at=at,
    )
    try:
        async with session.begin_nested():
            session.add(operator)
            await session.flush()
            session.add(link)
            await session.flush()
    except IntegrityError:
        # Somebody's two first log-ins at once: the other has made it. Or the account stands and
        # the link was taken away, by somebody who meant it: then there is still none.
        return await queries.identity_of(session, trusted.issuer, pseudonym)
    note(session, operator, _PLATFORM, Change.REGISTERED, at)
    emit(session, operator.register(_PLATFORM, None, at))
    emit(session, link.told("made", department, _PLATFORM, None, 1, at))
    return link


async def _mapped(
    session: AsyncSession, trusted: TrustedIssuer, claims: Claims
) -> tuple[UUID, frozenset[Role]]:
    """Department and roles that the claims give. Raises AccountRefused."""
    if trusted.department is None or trusted.roles is None:
        raise AssertionError("accounts are made only where both mappings are set")
    named = mapping.department_named(trusted.department, claims)
    found = (
        await queries.department_named(session, trusted.department, named)
        if named is not None
        else None
    )
    if found is None:
        raise AccountRefused(
            "您所属的部门未在本平台登记", "Your department is not registered on this platform"
        )
    roles = mapping.roles_given(trusted.roles, claims)
    if not roles:
        raise AccountRefused("您在本平台没有角色", "You have no role on this platform")
    try:
        check_compatible(roles)
        check_placed(roles, at_authority=found.is_authority)
    except (RolesIncompatible, RolesMisplaced) as refusal:
        raise AccountRefused("不得在此部门由一人担任这些角色", refusal.detail) from None
    return found.department, roles


def _bring_up_to_date(
    session: AsyncSession, operator: Operator, roles: frozenset[Role], at: datetime
) -> None:
    told = sorted(role.value for role in roles)
    if operator.roles == told:
        return
    operator.roles = told
    operator.version += 1
    note(session, operator, _PLATFORM, Change.ROLES_CHANGED, at)
    emit(
        session,
        OperatorRolesChanged(
            at=at,
            actor=_PLATFORM,
            department=None,
            aggregate=operator.id,
            version=operator.version,
            operator=operator.id,
            owner=operator.department,
            roles=told,
        ),
    )
