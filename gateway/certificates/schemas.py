"""The wire shapes of a client's certificates."""

import re
from datetime import datetime
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from shared import crypto

_HEXADECIMAL: Final = re.compile(r"[0-9a-f]{64}")
_SIZE: Final = 32


def _thumbprint(text: str) -> str:
    plain = text.replace(":", "").lower()
    if _HEXADECIMAL.fullmatch(plain):
        return crypto.base64url(bytes.fromhex(plain))
    try:
        if len(crypto.from_base64url(text)) == _SIZE and not text.endswith("="):
            return text
    except ValueError:
        pass
    raise ValueError("the digest of a certificate: 64 hexadecimal digits, or 43 of base64url")


class Accepted(BaseModel):
    """A certificate, by its own digest, or by its subject and the authority that issued it."""

    model_config = ConfigDict(extra="forbid")

    thumbprint: Annotated[str, Field(max_length=95), AfterValidator(_thumbprint)] | None = Field(
        default=None, description="SHA-256 of the certificate (DER), hexadecimal or base64url."
    )
    subject: str | None = Field(default=None, min_length=3, max_length=512)
    issuer: str | None = Field(default=None, min_length=3, max_length=512)

    @model_validator(mode="after")
    def _one(self) -> Self:
        named = (self.subject is not None, self.issuer is not None)
        if named not in ((True, True), (False, False)) or named[0] == (self.thumbprint is not None):
            raise ValueError("give either thumbprint, or subject and issuer")
        return self


class CertificatesBody(BaseModel):
    """The certificates of a machine, instead of all before."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "certificates": [
                        {"thumbprint": "ab" * 32},
                        {
                            "subject": "CN=qzj-01,OU=civil-affairs,C=CN",
                            "issuer": "CN=Government Device CA,C=CN",
                        },
                    ],
                    "only": True,
                }
            ]
        },
    )

    certificates: list[Accepted] = Field(
        max_length=5,
        description="Names are compared letter by letter as RFC 4514 writes them. An empty list "
        "takes all back.",
    )
    only: bool = Field(
        default=False,
        description="Whether the machine gets no token without one of them, whatever else it has.",
    )

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.only and not self.certificates:
            raise ValueError("without a certificate nothing would be left that it could show")
        return self

    @property
    def accepted(self) -> list[dict[str, str]]:
        """As they are kept."""
        return [one.model_dump(exclude_none=True) for one in self.certificates]


class CertificatesView(BaseModel):
    """The certificates that a machine may show."""

    client: UUID
    certificates: list[Accepted]
    only: bool
    set_at: datetime | None
