"""The worker's part: successions whose day has begun are carried out, each in one commit."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.successions import queries, usecases
from shared import db
from shared.errors import DomainError
from shared.worker import Job, Working

_log = logging.getLogger(__name__)


async def carry_out(sessions: db.Sessions, at: datetime) -> int:
    """Carry out every plan whose day has begun; return how many were.

    One that is hindered keeps no other from it, says why, and is tried again.
    """
    async with sessions.begin() as session:
        due = await queries.due(session, at)
    done = 0
    for identity in due:
        try:
            async with sessions.begin() as session:
                done += await _one(session, identity, at)
            # Committed from here on: the events are in the outbox beside what they tell. A kill
            # before this line leaves a plan that is due, a kill after it nothing to do here.
        except DomainError as refusal:
            _log.warning("a succession is hindered: %s", refusal.code)
            async with sessions.begin() as session:
                await _say_why(session, identity, refusal)
    return done


async def _one(session: AsyncSession, identity: UUID, at: datetime) -> bool:
    succession = await queries.lock_any(session, identity)
    # Another worker, or whoever cancelled it, may have been here first.
    if succession is None or not succession.is_open:
        return False
    await usecases.carry_out(session, succession, at)
    return True


async def _say_why(session: AsyncSession, identity: UUID, refusal: DomainError) -> None:
    succession = await queries.lock_any(session, identity)
    if succession is not None and succession.is_open:
        succession.hindered_by = refusal.detail


async def work(working: Working, at: datetime) -> None:
    """The worker's round."""
    await carry_out(working.sessions, at)


CARRYING_OUT = Job("successions", timedelta(seconds=2), work)
