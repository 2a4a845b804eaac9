"""What was planned for a day takes effect by itself when that day has begun."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.departments import queries, usecases
from shared import db
from shared.errors import DomainError
from shared.worker import Job, Working

_log = logging.getLogger(__name__)


async def take_effect(sessions: db.Sessions, at: datetime) -> int:
    """Let every change of particulars hold whose time has come; return how many did.

    Each in a transaction of its own: one that cannot take effect keeps no other from it, says
    why, and is tried again.
    """
    async with sessions.begin() as session:
        due = await queries.due_changes(session, at)
    done = 0
    for identity in due:
        try:
            async with sessions.begin() as session:
                done += await _let_hold(session, identity, at)
        except DomainError as refusal:
            _log.warning("a planned change of a department is hindered: %s", refusal.code)
            async with sessions.begin() as session:
                await _say_why(session, identity, refusal)
    return done


async def _let_hold(session: AsyncSession, identity: UUID, at: datetime) -> bool:
    change = await queries.lock_change(session, identity)
    # Another worker, or whoever cancelled it, may have been here first.
    if change is None or change.taken_effect_at or change.cancelled_at:
        return False
    await usecases.take_effect(session, change, at)
    return True


async def _say_why(session: AsyncSession, identity: UUID, refusal: DomainError) -> None:
    change = await queries.lock_change(session, identity)
    if change is not None and change.taken_effect_at is None:
        change.hindered_by = f"{refusal.code}: {refusal.detail}"


async def work(working: Working, at: datetime) -> None:
    """The worker's round."""
    await take_effect(working.sessions, at)


TAKING_EFFECT = Job("departments' changes", timedelta(seconds=2), work)
