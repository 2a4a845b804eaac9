"""From where a request came, and in which log-in, as far as the request itself can tell."""

from uuid import UUID

from fastapi import Request

from gateway.tokens import TokenInvalid, Tokens
from shared import clock


def address_of(request: Request) -> str:
    """The caller's network address."""
    return request.client.host if request.client else "local"


def log_in_of(request: Request) -> UUID | None:
    """The log-in that the bearer token belongs to; None for a machine's."""
    _, _, token = request.headers.get("authorization", "").partition(" ")
    tokens: Tokens = request.app.state.tokens
    try:
        return tokens.identify(token.strip(), clock.now()).log_in
    except TokenInvalid:
        # It ended between the door and here.
        return None
