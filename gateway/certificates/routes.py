"""HTTP for a client's certificates. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response

from gateway.certificates import usecases
from gateway.certificates.schemas import CertificatesBody, CertificatesView
from gateway.identity.routes import ClientKeeper
from shared.db import Session

router = APIRouter(prefix="/v1/clients/{client}/certificates", tags=["身份 · Identity"])

IfMatch = Annotated[
    str | None,
    Header(description="The ETag of the certificates as you read them.", examples=['"0"']),
]


@router.get("", summary="查看客户端证书 · Read a client's certificates")
async def read_certificates(
    client: UUID, viewer: ClientKeeper, session: Session, response: Response
) -> CertificatesView:
    """The certificates with which a machine may prove who it is (RFC 8705).

    Permission: `client:manage`. Errors: 404.
    """
    found, response.headers["ETag"] = await usecases.read(session, viewer, client)
    return found


@router.put("", summary="登记客户端证书 · Set a client's certificates")
async def set_certificates(
    client: UUID,
    body: CertificatesBody,
    by: ClientKeeper,
    session: Session,
    response: Response,
    if_match: IfMatch = None,
) -> CertificatesView:
    """The machine's certificates, instead of those before, at once. A token that is asked for over
    a connection that showed one is bound to it, and opens nothing over any other.

    Permission: `client:manage`. Errors: 404, 409 `client-revoked`, 412 and 428 without the present
    ETag in If-Match. Source: jiangsu-2017 §4(4) (identity and access control).
    """
    found, response.headers["ETag"] = await usecases.set_certificates(
        session, by, client, if_match, body
    )
    return found
