"""The wire shapes of outside identities."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gateway.issuers import pseudonyms


class LinkBody(BaseModel):
    """Somebody at a trusted issuer: by the code that the log-in page showed the person, or by
    the issuer's own name for it (`sub`), which is not kept."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"issuer": "province", "code": "mfrg-gzdf-mzux-s4tf-onqw-4zlt-nfwg-k3tu"},
                {"issuer": "province", "subject": "248289761001"},
            ]
        },
    )

    issuer: str = Field(max_length=31, description="The issuer's name in the settings.")
    code: str | None = Field(default=None, max_length=64)
    subject: str | None = Field(default=None, min_length=1, max_length=255)

    @field_validator("code")
    @classmethod
    def _code(cls, text: str | None) -> str | None:
        if text is not None:
            pseudonyms.read(text)
        return text

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.code is None) == (self.subject is None):
            raise ValueError("give either code or subject")
        return self


class LinkView(BaseModel):
    """That an operator or a client is somebody at an issuer; who, is not told."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    issuer: str = Field(description="The issuer's address.", examples=["https://id.example.gov.cn"])
    made: bool = Field(
        description="Whether the account was made at the first log-in; then the issuer says its "
        "department and roles."
    )
    linked_at: datetime


class Links(BaseModel):
    """The outside identities of an operator or a client, the oldest first."""

    items: list[LinkView]
