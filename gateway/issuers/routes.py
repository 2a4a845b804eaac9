"""HTTP for outside identities. Each route reads its input, calls one thing, returns it."""

from uuid import UUID

from fastapi import APIRouter, Request

from gateway.accounts.queries import lock as lock_operator
from gateway.identity.queries import lock_client
from gateway.identity.routes import ClientKeeper, OperatorKeeper
from gateway.issuers import queries, usecases
from gateway.issuers.schemas import LinkBody, Links, LinkView
from shared.db import Session
from shared.idempotency import IdempotencyKey

router = APIRouter(prefix="/v1", tags=["身份 · Identity"])


@router.get("/operators/{operator}/identities", summary="外部身份列表 · List outside identities")
async def list_identities(operator: UUID, viewer: OperatorKeeper, session: Session) -> Links:
    """As whom at trusted issuers a person may log in to this account.

    Permission: `operator:manage` (security administrator). Errors: 404.
    """
    await lock_operator(session, viewer, operator)
    found = await queries.identities_of(session, operator)
    return Links(items=[LinkView.model_validate(link) for link in found])


@router.post(
    "/operators/{operator}/identities",
    status_code=201,
    summary="关联外部身份 · Link an outside identity",
)
async def link_identity(
    operator: UUID,
    body: LinkBody,
    by: OperatorKeeper,
    session: Session,
    request: Request,
    key: IdempotencyKey,
) -> LinkView:
    """Let somebody at a trusted issuer log in to this account. The log-in page shows whoever is
    linked to none a code; check that the person who tells it to you is the account's.

    Permission: `operator:manage` (security administrator). Errors: 404, 409
    `outside-identity-taken`. Source: jiangsu-2017 §4(4) (identity through the whole life).
    """
    state = request.app.state
    made = await usecases.link_operator(
        session, by, operator, body, state.issuers, state.second_factor_key, key
    )
    return LinkView.model_validate(made)


@router.delete(
    "/operators/{operator}/identities/{link}",
    status_code=204,
    summary="解除外部身份关联 · Unlink an outside identity",
)
async def unlink_identity(operator: UUID, link: UUID, by: OperatorKeeper, session: Session) -> None:
    """Refuse the person from the issuer's side, and end every log-in that it began. An account
    that was made at the first log-in is not made again.

    Permission: `operator:manage` (security administrator). Errors: 404.
    """
    await usecases.unlink_operator(session, by, operator, link)


@router.get("/clients/{client}/identities", summary="系统的外部身份 · List a client's identities")
async def list_client_identities(client: UUID, viewer: ClientKeeper, session: Session) -> Links:
    """As which machines of trusted issuers it may exchange their tokens for ours (RFC 8693).

    Permission: `client:manage`. Errors: 404.
    """
    await lock_client(session, client, viewer)
    found = await queries.identities_of(session, client)
    return Links(items=[LinkView.model_validate(link) for link in found])


@router.post(
    "/clients/{client}/identities",
    status_code=201,
    summary="关联系统的外部身份 · Link a client's identity",
)
async def link_client_identity(
    client: UUID,
    body: LinkBody,
    by: ClientKeeper,
    session: Session,
    request: Request,
    key: IdempotencyKey,
) -> LinkView:
    """Let a machine that a trusted issuer knows get this client's tokens for the issuer's.

    Permission: `client:manage`. Errors: 404, 409 `outside-identity-taken`.
    """
    state = request.app.state
    made = await usecases.link_client(
        session, by, client, body, state.issuers, state.second_factor_key, key
    )
    return LinkView.model_validate(made)


@router.delete(
    "/clients/{client}/identities/{link}",
    status_code=204,
    summary="解除系统的外部身份 · Unlink a client's identity",
)
async def unlink_client_identity(
    client: UUID, link: UUID, by: ClientKeeper, session: Session
) -> None:
    """Exchange no more tokens for it. What it has lives on for minutes; revoke the client to end
    those too.

    Permission: `client:manage`. Errors: 404.
    """
    await usecases.unlink_client(session, by, client, link)
