"""Every SELECT over machines and people."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.departments.queries import overseen_by
from gateway.models import Client, ClientKeys, ClientSecret, Operator
from shared.access import Permission, Principal
from shared.errors import NotFound
from shared.pages import PageParams, page


def clients_visible_to(viewer: Principal) -> Select[Client]:
    """A department administrator sees its own machines, a system administrator those of the
    region that its department is the competent authority of: a county's not the city's."""
    mine = Client.department == viewer.department
    if Permission.DEPARTMENT_MANAGE in viewer.permissions:
        return select(Client).where(or_(mine, Client.department.in_(overseen_by(viewer))))
    return select(Client).where(mine)


async def clients(
    session: AsyncSession, viewer: Principal, params: PageParams
) -> tuple[list[Client], str | None]:
    """Machines by id."""
    return await page(session, clients_visible_to(viewer), [Client.id], params)


async def lock_client(session: AsyncSession, identity: UUID, viewer: Principal) -> Client:
    """A machine, locked until commit. Raises NotFound."""
    found = await session.scalar(
        clients_visible_to(viewer).where(Client.id == identity).with_for_update()
    )
    if found is None:
        raise NotFound("There is no such client.")
    return found


async def client_by_id(session: AsyncSession, identity: UUID) -> Client | None:
    """A machine, whoever's."""
    return await session.get(Client, identity)


async def secrets_in_force(session: AsyncSession, client: UUID, at: datetime) -> list[ClientSecret]:
    """A machine's secrets that are good at that moment, the newest first."""
    statement = (
        select(ClientSecret)
        .where(
            ClientSecret.client == client,
            ClientSecret.removed_at.is_(None),
            or_(ClientSecret.expires_at.is_(None), ClientSecret.expires_at > at),
        )
        .order_by(ClientSecret.id.desc())
    )
    return list(await session.scalars(statement))


async def visible_secrets(
    session: AsyncSession, client: UUID, viewer: Principal, at: datetime
) -> list[ClientSecret]:
    """The same, for whoever may see the machine. Raises NotFound."""
    await _visible(session, client, viewer)
    return await secrets_in_force(session, client, at)


async def visible_keys(session: AsyncSession, client: UUID, viewer: Principal) -> ClientKeys | None:
    """A machine's public keys, for whoever may see the machine. Raises NotFound."""
    await _visible(session, client, viewer)
    return await session.get(ClientKeys, client)


async def _visible(session: AsyncSession, client: UUID, viewer: Principal) -> None:
    statement = clients_visible_to(viewer).where(Client.id == client)
    if await session.scalar(statement) is None:
        raise NotFound("There is no such client.")


async def operator_by_username(session: AsyncSession, username: str) -> Operator | None:
    """The account of that name."""
    found: Operator | None = await session.scalar(
        select(Operator).where(Operator.username == username)
    )
    return found


async def lock_standing(
    session: AsyncSession, identity: UUID, password_hash: str | None
) -> Operator | None:
    """The account that is open and still has that password, locked until commit."""
    statement = select(Operator).where(
        Operator.id == identity,
        Operator.disabled_at.is_(None),
        Operator.password_hash == password_hash,
    )
    return await session.scalar(statement.with_for_update())
