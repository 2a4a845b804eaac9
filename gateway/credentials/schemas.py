"""The wire shapes of clients' credentials."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)

from gateway.oauth.assertions import public_key


class SecretBody(BaseModel):
    """A secret to add."""

    model_config = ConfigDict(extra="forbid")

    expires_at: AwareDatetime | None = Field(
        default=None,
        description="When it stops being good; never, when left out.",
        examples=["2027-12-31T16:00:00Z"],
    )


class SecretView(BaseModel):
    """One of a machine's secrets; the secret itself is not kept."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    client: UUID
    added_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute.")


class Secrets(BaseModel):
    """The secrets of a machine that are good now, at most two, the newest first."""

    items: list[SecretView]


class SecretShown(SecretView):
    """A secret just added, shown this once."""

    secret: str | None = Field(
        description="Shown once; null when the same Idempotency-Key is sent again."
    )


# A member of a JWK may hold any JSON value; public_key keeps the ones that it knows, as texts.
def _public(keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = [public_key(key) for key in keys]
    if len({key["kid"] for key in kept}) != len(kept):
        raise ValueError("every key needs a kid of its own")
    return list(kept)


class KeysBody(BaseModel):
    """Public keys (RFC 7517) with which a machine signs its assertions, instead of all before."""

    model_config = ConfigDict(extra="forbid")

    keys: Annotated[
        list[dict[str, Any]],
        Field(
            max_length=5,
            description="Public keys only, each with a kid: EC P-256 (ES256), RSA of 2048 bits "
            "or more (RS256), OKP Ed25519 (EdDSA). An empty list takes all back.",
            examples=[
                [
                    {
                        "kty": "OKP",
                        "crv": "Ed25519",
                        "kid": "2026-11",
                        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                    }
                ]
            ],
        ),
        AfterValidator(_public),
    ]
    only: bool = Field(
        default=False,
        description="Whether the machine proves who it is by such a key alone, never by a secret.",
    )

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.only and not self.keys:
            raise ValueError("without a key nothing would be left to prove who the machine is")
        return self


class KeysView(BaseModel):
    """The public keys that a machine may sign with."""

    model_config = ConfigDict(from_attributes=True)

    client: UUID
    keys: list[dict[str, str]]
    only: bool = Field(description="Whether the machine's secrets open nothing.")
    set_at: datetime | None
