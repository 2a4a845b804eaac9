"""Keeping what was done with an exchange outside the platform."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.base import PLATFORM
from services.exchange.outside.models import Act, OutsideStep
from shared.principal import Principal


def record(
    session: AsyncSession,
    exchange: UUID,
    act: Act,
    by: Principal | None,
    at: datetime,
    stated: BaseModel | dict[str, JsonValue],
) -> None:
    """Add a step beside the change that it tells of; the platform's own where nobody acts."""
    said = stated.model_dump(mode="json") if isinstance(stated, BaseModel) else stated
    session.add(
        OutsideStep(
            exchange=exchange,
            act=act,
            at=at,
            actor=by.actor if by else PLATFORM,
            department=by.department if by else None,
            stated=said,
        )
    )
