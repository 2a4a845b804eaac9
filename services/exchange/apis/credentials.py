"""What the platform shows a provider's system to be let in: kept sealed, given out to nobody."""

import base64
import re
from typing import Annotated, Final, Literal, Self, TypeAlias
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    model_validator,
)

from services.exchange.vault import Vault

# Headers that say something of the connection or of the request itself.
_NOT_FREE: Final = (
    "host|connection|content-length|content-type|transfer-encoding|upgrade|te|trailer|accept"
    "|accept-encoding|user-agent|expect|forwarded|x-forwarded-.*"
)
_PRINTABLE: Final = r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$"


def _sendable(secret: SecretStr) -> SecretStr:
    # Never in the sentence: what is refused here was meant to be a secret.
    if not re.fullmatch(_PRINTABLE, secret.get_secret_value()):
        raise ValueError("a secret is printable ASCII, without blanks at its ends")
    return secret


_Secret = Annotated[SecretStr, Field(min_length=1, max_length=4000), AfterValidator(_sendable)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NoCredential(_Closed):
    """The system lets the platform in by its network address, or the front-end machine adds what
    is needed by itself."""

    kind: Literal["none"] = "none"


class HeaderCredential(_Closed):
    """A key in a header."""

    kind: Literal["header"]
    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$", examples=["X-Api-Key"])
    value: _Secret

    @model_validator(mode="after")
    def _free(self) -> Self:
        if re.fullmatch(_NOT_FREE, self.name, re.IGNORECASE):
            raise ValueError("this header says something else")
        return self


class BasicCredential(_Closed):
    """A name and a password (RFC 7617)."""

    kind: Literal["basic"]
    username: str = Field(min_length=1, max_length=200, pattern=r"^[^:\x00-\x1f\x7f]+$")
    password: _Secret


class BearerCredential(_Closed):
    """A token that does not end (RFC 6750)."""

    kind: Literal["bearer"]
    token: _Secret


class OAuthCredential(_Closed):
    """OAuth 2.0 client credentials (RFC 6749 §4.4): tokens are asked for as they are needed."""

    kind: Literal["oauth2"]
    token_address: str = Field(
        min_length=8, max_length=500, examples=["https://login.example.gov.cn/token"]
    )
    client_id: str = Field(min_length=1, max_length=200, pattern=_PRINTABLE)
    client_secret: _Secret
    scope: str | None = Field(default=None, max_length=500, pattern=_PRINTABLE)


Credential: TypeAlias = Annotated[
    NoCredential | HeaderCredential | BasicCredential | BearerCredential | OAuthCredential,
    Field(discriminator="kind"),
]
_READING: Final[TypeAdapter[Credential]] = TypeAdapter(Credential)


def seal(vault: Vault, resource: UUID, credential: Credential) -> tuple[bytes, bytes]:
    """The credential sealed under a key of its own, and that key wrapped by the master key."""
    key, wrapped = vault.fresh_key()
    told = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in credential
    }
    plain = TypeAdapter(dict[str, str | None]).dump_json(told)
    return vault.suite.seal(key, plain, _of(resource)), wrapped


def unseal(vault: Vault, resource: UUID, sealed: bytes | None, wrapped: bytes | None) -> Credential:
    """The credential as it was set; none where nothing was. Raises shared.crypto.Tampered."""
    if sealed is None or wrapped is None:
        return NoCredential()
    plain = vault.suite.unseal(vault.unwrap(wrapped), sealed, _of(resource))
    return _READING.validate_json(plain)


def headers_of(credential: Credential) -> dict[str, str]:
    """What is sent with each call; for OAuth 2.0 nothing, a token is asked for first."""
    match credential:
        case HeaderCredential():
            return {credential.name: credential.value.get_secret_value()}
        case BasicCredential():
            return basic(credential.username, credential.password.get_secret_value())
        case BearerCredential():
            return {"Authorization": f"Bearer {credential.token.get_secret_value()}"}
        case _:
            return {}


def basic(username: str, password: str) -> dict[str, str]:
    """A name and a password as a header (RFC 7617)."""
    pair = f"{username}:{password}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _of(resource: UUID) -> bytes:
    return b"api credential " + resource.bytes
