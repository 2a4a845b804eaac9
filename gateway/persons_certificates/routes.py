"""HTTP for one's own certificates. Each route reads its input, calls one thing, returns it."""

from uuid import UUID

from fastapi import APIRouter, Request

from gateway.certificates.presented import of_scope
from gateway.identity.routes import Anyone
from gateway.oauth.callers import address_of
from gateway.persons_certificates import queries, usecases
from gateway.persons_certificates.schemas import PersonsCertificate, PersonsCertificates
from gateway.second_factor.routes import Oneself
from gateway.second_factor.schemas import ProofBody
from shared.db import Session

router = APIRouter(prefix="/v1/me/certificates", tags=["身份 · Identity"])


@router.get("", summary="查看本人证书 · Your certificates")
async def read_own_certificates(viewer: Anyone, session: Session) -> PersonsCertificates:
    """The certificates that stand in for a one-time code at your log-in.

    Permission: `profile:read`.
    """
    found = await queries.of_operator(session, viewer.id)
    return PersonsCertificates(
        certificates=[PersonsCertificate.model_validate(one) for one in found]
    )


@router.post("", status_code=201, summary="登记本人证书 · Enrol your certificate")
async def enrol_certificate(
    request: Request, body: ProofBody, by: Oneself, session: Session
) -> PersonsCertificate:
    """Enrol the certificate that your browser or program shows with this very request, for a code
    of your authenticator or a recovery code. From then on a log-in over a connection that shows it
    asks for no code, and its tokens open nothing over another.

    Permission: `profile:manage`. Errors: 409 `second-factor-not-enrolled` (enrol an authenticator
    first), 409 `second-factor-code-wrong`, 409 `persons-certificate-not-shown`, 409
    `persons-certificate-expired`, 409 `persons-certificate-enrolled`, 409
    `persons-certificates-full`, 429 `too-many-attempts`. Source: jiangsu-2017 §4(4).
    """
    state = request.app.state
    made = await usecases.enrol(
        session,
        by,
        state.second_factor_key,
        body.code,
        of_scope(request.scope),
        state.attempts,
        address_of(request),
    )
    return PersonsCertificate.model_validate(made)


@router.delete("/{certificate}", status_code=204, summary="注销本人证书 · Remove your certificate")
async def remove_certificate(certificate: UUID, by: Oneself, session: Session) -> None:
    """Take a certificate of yours off, at once, e.g. a lost card; every log-in of yours ends.

    Permission: `profile:manage`. Errors: 404.
    """
    await usecases.remove(session, by, certificate)
