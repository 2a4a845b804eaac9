"""The wire shapes of a person's certificates."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class PersonsCertificate(BaseModel):
    """One of your certificates, by its digest; no name in it is kept."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    thumbprint: str = Field(
        description="SHA-256 of the certificate (DER), base64url.",
        examples=["q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s"],
    )
    enrolled_at: datetime
    expires_at: datetime = Field(description="From then on it opens nothing; enrol the next one.")


class PersonsCertificates(BaseModel):
    """All of yours."""

    certificates: list[PersonsCertificate]
