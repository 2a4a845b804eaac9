"""A person and a machine on a running platform, as they really come: browser log-in, client."""

import re
import time
from collections.abc import Callable
from html import unescape
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx
import huitong_client as client

from shared import crypto

_APPLICATION = "huitong-docs"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
# What a part answers that has not yet heard of what another one did a moment ago.
_NOT_YET = (404, 503)
_NOT_YET_CODES = ("provider-unknown",)
_PATIENCE_SECONDS = 30.0
_T = TypeVar("_T")


class Fault(Exception):
    """The platform did not do what the step asked; the sentence says what came instead."""

    def __init__(self, sentence: str, *, status: int | None = None, code: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code


class Person:
    """An operator who logged in, at the HTTP API."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    @classmethod
    def logged_in(cls, url: str, username: str, password: str) -> "Person":
        """Log in as a browser does: authorization code with PKCE. Raises Fault."""
        http = httpx.Client(base_url=url, timeout=60)
        verifier = crypto.token()
        redirect = f"{url}/docs/oauth2-redirect"
        page = http.get(
            "/oauth/authorize",
            params={
                "client_id": _APPLICATION,
                "redirect_uri": redirect,
                "response_type": "code",
                "code_challenge": crypto.base64url(crypto.STANDARD.digest(verifier.encode())),
                "code_challenge_method": "S256",
                "state": crypto.token(),
            },
        )
        form = {name: unescape(value) for name, value in _HIDDEN.findall(page.text)}
        sent = http.post(
            "/oauth/authorize", data={**form, "username": username, "password": password}
        )
        if sent.status_code != httpx.codes.SEE_OTHER:
            raise Fault(f"{username} could not log in: {sent.status_code}")
        answer = http.post(
            "/oauth/token",
            data={
                "grant_type": "authorization_code",
                "client_id": _APPLICATION,
                "redirect_uri": redirect,
                "code": parse_qs(urlsplit(sent.headers["location"]).query)["code"][0],
                "code_verifier": verifier,
            },
        )
        if answer.status_code != httpx.codes.OK:
            raise Fault(f"{username} got no token: {answer.status_code}")
        http.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        return cls(http)

    def close(self) -> None:
        """Let the connections go; the log-in stays as it is."""
        self._http.close()

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """The JSON at `path`. Raises Fault."""
        found: dict[str, Any] = _sound(self._http.get(path, params=query)).json()
        return found

    def get_bytes(self, path: str) -> bytes:
        """The bytes at `path`. Raises Fault."""
        return _sound(self._http.get(path)).content

    def post(self, path: str, body: dict[str, Any], *, key: str | None = None) -> dict[str, Any]:
        """What `path` answers to the body. Raises Fault."""
        headers = {"idempotency-key": key} if key else {}
        found: dict[str, Any] = _sound(self._http.post(path, json=body, headers=headers)).json()
        return found


def profile(url: str, machine: dict[str, str]) -> client.Profile:
    """The client's profile for a machine of the example."""
    return client.Profile(
        gateway=url,
        token_endpoint=f"{url}/oauth/token",
        client_id=machine["client_id"],
        client_secret=machine["client_secret"],
    )


def patiently(act: Callable[[], _T]) -> _T:
    """What `act` returns, tried again while a part has not heard of the step before."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return act()
        except (Fault, client.Refused) as refusal:
            not_yet = refusal.status in _NOT_YET or refusal.code in _NOT_YET_CODES
            if not not_yet or time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def _sound(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        problem = answer.json()
        code, detail = str(problem.get("code", "")), str(problem.get("detail", ""))
        faults = "; ".join(f"{e['field']}: {e['message']}" for e in problem.get("errors", []))
    except ValueError:
        code, detail, faults = "", answer.text[:200], ""
    sentence = f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {code}"
    raise Fault(f"{sentence} {detail} {faults}".strip(), status=answer.status_code, code=code)
