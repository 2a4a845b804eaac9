"""HTTP for clients' credentials. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response

from gateway.credentials import profiles, usecases
from gateway.credentials.profiles import SharingProfile
from gateway.credentials.schemas import (
    KeysBody,
    KeysView,
    SecretBody,
    Secrets,
    SecretShown,
    SecretView,
)
from gateway.identity import queries
from gateway.identity.routes import ClientKeeper
from shared import clock
from shared.db import Session
from shared.idempotency import IdempotencyKey

router = APIRouter(prefix="/v1/clients/{client}", tags=["身份 · Identity"])

IfMatch = Annotated[
    str | None, Header(description="The ETag of the keys as you read them.", examples=['"0"'])
]


@router.get("/secrets", summary="密钥列表 · List a client's secrets")
async def list_secrets(client: UUID, viewer: ClientKeeper, session: Session) -> Secrets:
    """When each valid secret was added, expires and was last used; never the secret itself.

    Permission: `client:manage`. Errors: 404.
    """
    found = await queries.visible_secrets(session, client, viewer, clock.now())
    return Secrets(items=[SecretView.model_validate(secret) for secret in found])


@router.post("/secrets", status_code=201, summary="新增密钥 · Add a secret to a client")
async def add_secret(
    client: UUID, body: SecretBody, by: ClientKeeper, session: Session, key: IdempotencyKey
) -> SecretShown:
    """A second secret, valid beside the first, so that the machine can change over in its own
    time; then remove the first. Shown once.

    Permission: `client:manage`. Errors: 404, 409 `client-secrets-full`, 409
    `secret-expiry-past`, 409 `client-revoked`.
    """
    secret, text = await usecases.add_secret(session, by, client, body, key)
    view = SecretView.model_validate(secret)
    return SecretShown(**view.model_dump(), secret=text)


@router.post(
    "/delta-sharing-profile",
    status_code=201,
    summary="下载 Delta Sharing 配置文件 · Download a Delta Sharing profile",
    response_model_exclude_none=True,
)
async def give_profile(
    client: UUID,
    body: SecretBody,
    by: ClientKeeper,
    session: Session,
    key: IdempotencyKey,
    request: Request,
    response: Response,
) -> SharingProfile:
    """A profile file (version 2, `oauth_client_credentials`) for the off-the-shelf client, with a
    further secret of this machine. Save the answer as `huitong.share` on the machine, readable by
    nobody else; it is shown once. Remove the secret, or revoke the client, to end it.

    Permission: `client:manage`. Errors: 404, 409 `client-secrets-full`, 409
    `secret-expiry-past`, 409 `client-revoked`, 409 `profile-handed-out`.
    """
    response.headers["Content-Disposition"] = 'attachment; filename="huitong.share"'
    address = request.app.state.settings.public_url
    return await profiles.hand_out(session, by, client, body, key, address)


@router.delete("/secrets/{secret}", status_code=204, summary="删除密钥 · Remove a client's secret")
async def remove_secret(client: UUID, secret: UUID, by: ClientKeeper, session: Session) -> None:
    """Refuse the secret at once. Tokens that it gave live on for minutes; revoke the client to
    end those too. The last one may go, where the machine signs with a key.

    Permission: `client:manage`. Errors: 404.
    """
    await usecases.remove_secret(session, by, client, secret)


@router.get("/keys", summary="公钥列表 · Read a client's keys")
async def read_keys(
    client: UUID, viewer: ClientKeeper, session: Session, response: Response
) -> KeysView:
    """The public keys with which the machine may sign assertions (`private_key_jwt`).

    Permission: `client:manage`. Errors: 404.
    """
    found = await queries.visible_keys(session, client, viewer)
    response.headers["ETag"] = usecases.keys_etag(found)
    if found is None:
        return KeysView(client=client, keys=[], only=False, set_at=None)
    return KeysView.model_validate(found)


@router.put("/keys", summary="登记公钥 · Set a client's keys")
async def set_keys(
    client: UUID,
    body: KeysBody,
    by: ClientKeeper,
    session: Session,
    response: Response,
    if_match: IfMatch = None,
) -> KeysView:
    """The public keys of the machine, instead of those before, at once. The token endpoint then
    takes an assertion (RFC 7523) signed with any of them: iss and sub the client id, aud the
    issuer or the token endpoint, exp within five minutes, jti new each time. With `only` the
    machine's secrets open nothing: where several stand behind one address, a key tells them apart.

    Permission: `client:manage`. Errors: 404, 409 `client-revoked`, 412 and 428 without the present
    ETag in If-Match, 422 for a key that is private, too weak or of another kind.
    """
    found = await usecases.set_keys(session, by, client, if_match, body)
    response.headers["ETag"] = usecases.keys_etag(found)
    return KeysView.model_validate(found)
