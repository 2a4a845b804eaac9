"""Each log-in of a person and each token of a machine stands in the access log; what cannot be
recorded is not given.

Two records under one access id, as of every access: `decided` is durable before the answer
leaves, `completed` follows when it has left. A log-in that goes on by a refresh token is no new
one. Who it was is told by id, how by the token's `acr`; no name is told.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi import Request, Response
from starlette.background import BackgroundTask

from gateway.oauth.callers import address_of
from gateway.records import Record, Recorder
from shared import clock
from shared.ids import new_id
from shared.principal import PrincipalKind

OPERATION: Final = "POST /oauth/token"


async def allow(
    request: Request, kind: PrincipalKind, identity: UUID, department: UUID, acr: str, at: datetime
) -> Record:
    """Record that a token is given, before it is. Raises RecordUnavailable."""
    recorder: Recorder = request.app.state.recorder
    record = Record(
        kind="decided",
        access_id=new_id(),
        operation=OPERATION,
        decision="allowed",
        reason=acr,
        principal_kind=kind,
        principal_id=identity,
        department=department,
        received=at,
        address=address_of(request),
    )
    await recorder.keep(record, at)
    return record


def completing(request: Request, decided: Record, answer: Response) -> Response:
    """The answer, after which it is recorded that it left."""
    recorder: Recorder = request.app.state.recorder

    async def complete() -> None:
        # Runs after the commit and the answer: of a token that was taken back it is never said.
        at = clock.now()
        recorder.note(
            replace(
                decided,
                kind="completed",
                status=answer.status_code,
                bytes_out=len(answer.body),
                finished=at,
            ),
            at,
        )

    answer.background = BackgroundTask(complete)
    return answer
