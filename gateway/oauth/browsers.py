"""Browsers in which a person has logged in before: their failed tries are counted apart.

Otherwise somebody behind the same network address, a colleague or the office's proxy, could use
the lock-out to keep a person out (OWASP: device cookies). The cookie opens nothing: it is worth
five tries of its own, for the one account that it was given for.
"""

from datetime import datetime, timedelta
from typing import Final

from fastapi import Request, Response
from pydantic import AwareDatetime, BaseModel, ValidationError

from shared import crypto
from shared.crypto import STANDARD, Tampered

_PURPOSE: Final = b"browser"
_LIFETIME: Final = timedelta(days=180)


class Browser(BaseModel):
    """What a browser carries: an id that says nothing, for one account, until when."""

    id: str
    account: str
    until: AwareDatetime


def known(request: Request, key: bytes, username: str, at: datetime) -> str | None:
    """The id of the browser, where this person has logged in with it before."""
    account = _account(key, username)
    sent = request.cookies.get(_name(account), "")
    try:
        opened = STANDARD.unseal(key, crypto.from_base64url(sent), _PURPOSE)
        browser = Browser.model_validate_json(opened)
    except (Tampered, ValueError, ValidationError):
        return None
    return browser.id if browser.account == account and at < browser.until else None


def remember(response: Response, key: bytes, username: str, at: datetime, *, https: bool) -> None:
    """Let the browser be known next time."""
    account = _account(key, username)
    browser = Browser(id=crypto.token(), account=account, until=at + _LIFETIME)
    sealed = STANDARD.seal(key, browser.model_dump_json().encode(), _PURPOSE)
    response.set_cookie(
        _name(account),
        crypto.base64url(sealed),
        max_age=int(_LIFETIME.total_seconds()),
        path="/oauth",
        secure=https,
        httponly=True,
        samesite="lax",
    )


def _account(key: bytes, username: str) -> str:
    # Not the name itself: whoever finds the cookie learns no account from it.
    return STANDARD.mac(key, _PURPOSE + username.encode()).hex()[:16]


def _name(account: str) -> str:
    return f"huitong-browser-{account}"
