"""Answers in OAuth 2's own shape, which its clients expect (RFC 6749 §5)."""

from dataclasses import dataclass

from fastapi import Response
from fastapi.responses import JSONResponse

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal as a value: the transaction around it is still committed, unlike after a raise.

    What must outlive a refusal (a log-in that ends because its token was stolen, an assertion
    that is used up) would be undone by an exception.
    """

    error: str
    description: str
    status: int = 400

    def answer(self) -> Response:
        """The refusal on the wire (RFC 6749 §5.2)."""
        headers = dict(NO_STORE)
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="huitong"'
        body = {"error": self.error, "error_description": self.description}
        return JSONResponse(body, self.status, headers)


def invalid_client(description: str) -> Refused:
    """Whoever calls could not prove to be the client that it names."""
    return Refused("invalid_client", description, 401)


def invalid_grant(description: str) -> Refused:
    """The code or the refresh token is not good, or not this application's."""
    return Refused("invalid_grant", description)
