"""What can be done to a person's certificates. One function a verb."""

from typing import Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.usecases import note
from gateway.certificates.presented import Shown
from gateway.models import Change, OperatorCertificate
from gateway.oauth import log_ins
from gateway.oauth.attempts import Attempts
from gateway.persons_certificates import queries
from gateway.second_factor import usecases as second_factor
from gateway.second_factor.queries import operator as account
from shared import clock
from shared.access import Principal
from shared.errors import Conflict, NotFound
from shared.ids import new_id
from shared.outbox import emit

# A card, its successor, and a spare one.
_AT_MOST: Final = 3


class CertificateNotShown(Conflict):
    """The connection showed no certificate that could be enrolled."""

    code = "persons-certificate-not-shown"
    title = "No certificate shown"


class CertificateExpired(Conflict):
    """The certificate that was shown has expired."""

    code = "persons-certificate-expired"
    title = "Certificate expired"


class CertificateEnrolled(Conflict):
    """The certificate is enrolled already; one certificate is one person's."""

    code = "persons-certificate-enrolled"
    title = "Certificate enrolled"


class TooManyCertificates(Conflict):
    """A person has three certificates at most; remove one first."""

    code = "persons-certificates-full"
    title = "Too many certificates"


async def enrol(
    session: AsyncSession,
    by: Principal,
    key: bytes,
    code: str,
    shown: Shown | None,
    attempts: Attempts,
    address: str,
) -> OperatorCertificate:
    """Take the certificate that the connection shows as a second factor, for a code of the present
    authenticator: whoever has a session alone adds none.

    Raises NotEnrolled, CodeWrong, TooManyAttempts, CertificateNotShown, CertificateExpired,
    CertificateEnrolled, TooManyCertificates.
    """
    at = clock.now()
    # The row of the authenticator is locked: two enrolments of a person come one after the other.
    await second_factor.prove(session, by, key, code, attempts, address, at)
    if shown is None or (expires_at := shown.expires_at) is None:
        raise CertificateNotShown(
            "No certificate was shown with this request: let your browser or program show yours, "
            "and ask the platform's operators whether certificates are taken here."
        )
    if at >= expires_at:
        raise CertificateExpired("This certificate has expired; enrol a valid one.")
    if len(await queries.of_operator(session, by.id)) >= _AT_MOST:
        raise TooManyCertificates(f"You have {_AT_MOST} certificates; remove one first.")
    operator = await account(session, by.id)
    row = {
        "id": new_id(),
        "operator": by.id,
        "thumbprint": shown.thumbprint,
        "enrolled_at": at,
        "expires_at": expires_at,
    }
    # The unique digest, not a look before it: of two people at once exactly one has it.
    made: OperatorCertificate | None = await session.scalar(
        insert(OperatorCertificate)
        .values(row)
        .on_conflict_do_nothing()
        .returning(OperatorCertificate)
    )
    if made is None:
        raise CertificateEnrolled("This certificate is enrolled already.")
    emit(session, made.told("certificate-enrolled", operator.department, by, 1, at))
    note(session, operator, by.actor, Change.CERTIFICATE_ENROLLED, at)
    return made


async def remove(session: AsyncSession, by: Principal, identity: UUID) -> None:
    """Do without one; every log-in ends, since it may have been begun with it. Raises NotFound."""
    at = clock.now()
    found = await queries.lock(session, by.id, identity)
    if found is None:
        raise NotFound("You have no such certificate.")
    operator = await account(session, by.id)
    await session.delete(found)
    await log_ins.end_all(session, by.id, by.actor, log_ins.FACTOR_CHANGED, at)
    emit(session, found.told("certificate-removed", operator.department, by, 2, at))
    note(session, operator, by.actor, Change.CERTIFICATE_REMOVED, at)
