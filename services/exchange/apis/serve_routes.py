"""HTTP for front-end machines, which take their department's calls over their own connection."""

import asyncio
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response, Security

from services.exchange.apis.routes import TAG, AtInterfaces
from services.exchange.apis.schemas import FailBody, ServedCallView, TakeBody, TakenView
from shared.access import admit
from shared.principal import Permission, Principal

server = APIRouter(prefix="/v1/served-calls", tags=[TAG])

Machine = Annotated[Principal, Security(admit, scopes=[Permission.API_SERVE])]
_ANY = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@server.post("", summary="领取待办调用 · Ask for calls")
async def take_calls(body: TakeBody, by: Machine, at: AtInterfaces) -> TakenView:
    """Calls to your department's interfaces that are registered for a front-end machine. The answer
    comes as soon as there is one, or after `seconds`; then ask again. As long as nobody of your
    department asks, callers are told that the machine is away.

    Permission `api:serve`. jiangsu-2012 §15, baoji-2017 §16.
    """
    only = None if body.resources is None else frozenset(body.resources)
    found, again = await at.serving.take(by, only, body.at_most, float(body.seconds))
    return TakenView(calls=[one.id for one in found], again_in_seconds=again)


@server.post("/{call}/accept", summary="接受调用 · Accept a call")
async def accept_call(call: UUID, by: Machine, at: AtInterfaces) -> ServedCallView:
    """Take a call, and be told what to ask your system. It is never handed out a second time, so
    your system is asked at most once.

    Permission `api:serve`. Refused: 404 not a call to your department, or nobody waits for it any
    more; 409 it was accepted before.
    """
    return ServedCallView.of(at.serving.accept(by, call), asyncio.get_running_loop().time())


@server.post(
    "/{call}/answer",
    status_code=HTTPStatus.NO_CONTENT,
    summary="回传应答 · Answer a call",
    openapi_extra={"requestBody": {"required": True, "content": _ANY}},
)
async def answer_call(
    call: UUID,
    by: Machine,
    at: AtInterfaces,
    request: Request,
    status: Annotated[int, Query(ge=200, le=599, description="What your system answered.")],
    content_type: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Hand on what your system answered, with its status and Content-Type; the body goes to the
    caller as it comes.

    Permission `api:serve`. Refused: 404 not a call to your department, or nobody waits for it any
    more; 409 not accepted, or answered before; 400 the body ended early.
    """
    await at.serving.answer(by, call, status, content_type, request.stream())
    return Response(status_code=HTTPStatus.NO_CONTENT)


@server.post(
    "/{call}/fail", status_code=HTTPStatus.NO_CONTENT, summary="报告系统故障 · Tell of a failure"
)
async def fail_call(call: UUID, body: FailBody, by: Machine, at: AtInterfaces) -> Response:
    """Say that your system did not answer a call, so that its caller need not wait.

    Permission `api:serve`. Refused: 404 not a call to your department, or nobody waits for it any
    more; 409 not accepted, or answered before.
    """
    at.serving.fail(by, call, body.wrong)
    return Response(status_code=HTTPStatus.NO_CONTENT)
