"""A provider's system at its address: the platform calls it, with the provider's credential."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus, urlencode
from uuid import UUID

import httpx
import orjson

from services.exchange.apis import credentials
from services.exchange.apis.arguments import Outgoing
from services.exchange.apis.credentials import Credential, OAuthCredential
from services.exchange.apis.faults import (
    ProviderBrokeOff,
    ProviderFailed,
    ProviderLate,
    ProviderRefusesPlatform,
    ProviderUnreachable,
)
from shared.egress import Asked, Egress
from shared.reach import OutOfReach

_LARGEST_TOKEN_ANSWER: Final = 64 * 1024
_LONGEST_TOKEN: Final = 16 * 1024
# A token is asked for anew so many seconds before it ends, and is good for so many at most.
_BEFORE_ITS_END: Final = 30
_TOKEN_SECONDS: Final = 3600
_UNTOUCHED: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a system answered: its head, and its body as it comes."""

    status: int
    headers: Mapping[str, str]
    pieces: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to ask, and what to show. `revision` changes with every change of either."""

    resource: UUID
    revision: int
    address: str
    credential: Credential


@dataclass(slots=True)
class _Token:
    revision: int
    text: str
    until: float


class Reaching:
    """The way to systems that have an address."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._tokens: dict[UUID, _Token] = {}

    @contextlib.asynccontextmanager
    async def asking(
        self, target: Target, request: Outgoing, accept: str, seconds: float
    ) -> AsyncIterator[Answered]:
        """What the system answers, for the block.

        Raises the refusals of `faults`; nothing was asked of the system where it was unreachable.
        """
        headers = {"Accept": accept, **await self._let_in(target, seconds)}
        if request.content_type is not None:
            headers["Content-Type"] = request.content_type
        asked = Asked(
            request.method, f"{target.address}{request.target}", headers, request.body, seconds
        )
        async with _told_apart(), self._egress.asking(asked) as response:
            yield Answered(response.status_code, response.headers, _pieces(response))

    def forget_token(self, resource: UUID) -> bool:
        """The system does not take the token: the next call asks for another. False where none was
        in use, so that it is no use to try again."""
        return self._tokens.pop(resource, None) is not None

    async def _let_in(self, target: Target, seconds: float) -> dict[str, str]:
        credential = target.credential
        if not isinstance(credential, OAuthCredential):
            return credentials.headers_of(credential)
        now = asyncio.get_running_loop().time()
        token = self._tokens.get(target.resource)
        if token is None or token.revision != target.revision or token.until <= now:
            token = await self._token(target, credential, seconds, now)
            self._tokens[target.resource] = token
        return {"Authorization": f"Bearer {token.text}"}

    async def _token(
        self, target: Target, credential: OAuthCredential, seconds: float, now: float
    ) -> _Token:
        form = {"grant_type": "client_credentials"}
        if credential.scope is not None:
            form["scope"] = credential.scope
        # RFC 6749 §2.3.1: both are encoded as in a form before they are put together.
        login = credentials.basic(
            quote_plus(credential.client_id),
            quote_plus(credential.client_secret.get_secret_value()),
        )
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            **login,
        }
        body = urlencode(form).encode()
        asked = Asked("POST", credential.token_address, headers, body, seconds)
        async with _told_apart(), self._egress.asking(asked) as response:
            if httpx.codes.is_server_error(response.status_code):
                raise ProviderFailed("The provider's token endpoint failed.")
            if response.status_code != httpx.codes.OK:
                raise ProviderRefusesPlatform("The provider's token endpoint gives no token.")
            told = bytearray()
            async for piece in response.aiter_raw():
                told += piece
                if len(told) > _LARGEST_TOKEN_ANSWER:
                    raise ProviderFailed("The provider's token endpoint says too much.")
        return _read(bytes(told), target.revision, now)


def _read(body: bytes, revision: int, now: float) -> _Token:
    try:
        told = orjson.loads(body)
        text, seconds = told["access_token"], told.get("expires_in", _TOKEN_SECONDS)
        usable = isinstance(text, str) and text.isascii() and text.isprintable()
        life = min(float(seconds), _TOKEN_SECONDS)
    except (AttributeError, KeyError, TypeError, ValueError):
        usable, text, life = False, "", 0.0
    if not usable or not 0 < len(text) <= _LONGEST_TOKEN:
        raise ProviderFailed("The provider's token endpoint gives no token that can be read.")
    return _Token(revision, text, now + life - _BEFORE_ITS_END)


async def _pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    async with _told_apart():
        async for piece in response.aiter_raw():
            yield piece


@contextlib.asynccontextmanager
async def _told_apart() -> AsyncIterator[None]:
    """What is wrong with the other side, as the faults that callers are told."""
    try:
        yield
    except OutOfReach:
        raise ProviderUnreachable(
            "The provider's system stands where this installation does not call."
        ) from None
    except _UNTOUCHED:
        raise ProviderUnreachable("The provider's system cannot be reached.") from None
    except httpx.TimeoutException:
        raise ProviderLate("The provider's system did not answer in time.") from None
    except (httpx.HTTPError, httpx.InvalidURL):
        raise ProviderBrokeOff("The provider's system broke off, or spoke no HTTP.") from None
    except OSError:
        # Its name cannot be resolved; a connection's own faults are httpx's.
        raise ProviderUnreachable("The provider's system cannot be found.") from None
