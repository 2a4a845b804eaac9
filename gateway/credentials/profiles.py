"""The profile file with which the off-the-shelf client of Delta Sharing opens the platform.

Version 2 of the profile, with a client id and a secret: the machine asks for tokens that live for
minutes, as all machines do, and each is on record. A bearer token of version 1 would have to live
for as long as the file.
"""

from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.credentials import usecases
from gateway.credentials.schemas import SecretBody
from shared.access import Principal
from shared.errors import DELTA_SHARING, Conflict


class ProfileHandedOut(Conflict):
    """The profile of this Idempotency-Key was handed out; its secret is not kept."""

    code = "profile-handed-out"
    title = "Profile handed out"


class SharingProfile(BaseModel):
    """A profile file of Delta Sharing, in its own words."""

    shareCredentialsVersion: int = Field(examples=[2])  # noqa: N815 - the protocol's word
    type: str = Field(examples=["oauth_client_credentials"])
    endpoint: str = Field(examples=["https://share.example.gov.cn/v1/delta-sharing"])
    tokenEndpoint: str = Field(  # noqa: N815 - the protocol's word
        examples=["https://share.example.gov.cn/oauth/token"]
    )
    clientId: UUID  # noqa: N815 - the protocol's word
    clientSecret: str = Field(  # noqa: N815 - the protocol's word
        description="Shown once, and not kept."
    )


async def hand_out(
    session: AsyncSession,
    by: Principal,
    client: UUID,
    body: SecretBody,
    key: str,
    address: str,
) -> SharingProfile:
    """A profile with a further secret of the machine; `address` is the platform's own.

    Raises NotFound, SecretsFull, ExpiryPast, ClientEnded, ProfileHandedOut.
    """
    _, secret = await usecases.add_secret(session, by, client, body, key)
    if secret is None:
        raise ProfileHandedOut(
            "This profile was handed out before. Where it was lost, remove its secret and ask "
            "with another Idempotency-Key."
        )
    root = address.rstrip("/")
    return SharingProfile(
        shareCredentialsVersion=2,
        type="oauth_client_credentials",
        endpoint=f"{root}{DELTA_SHARING.rstrip('/')}",
        tokenEndpoint=f"{root}/oauth/token",
        clientId=client,
        clientSecret=secret,
    )
