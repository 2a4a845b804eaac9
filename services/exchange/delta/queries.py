"""Every SELECT of Delta Sharing: the grants that a caller may read as tables."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.delta.naming import Table, label
from services.exchange.models import Department, Grant, Resource
from shared.principal import Principal


async def tables(session: AsyncSession, viewer: Principal, at: datetime) -> list[Table]:
    """The grants of the viewer's department that are in force and whose circle it is in, in the
    order of their names."""
    statement = (
        select(Grant.id, Resource.name, Department.name)
        .join(Resource, Resource.id == Grant.resource_id)
        .outerjoin(Department, Department.id == Grant.provider)
        .where(
            Grant.grantee == viewer.department,
            Grant.revoked_at.is_(None),
            Grant.valid_from <= at,
            or_(Grant.valid_until.is_(None), Grant.valid_until > at),
            or_(Grant.circle.is_(None), Grant.circle.contains([viewer.id])),
        )
    )
    return sorted(
        Table(label(department), label(resource), grant)
        for grant, resource, department in (await session.execute(statement)).all()
    )
