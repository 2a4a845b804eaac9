"""A person and a machine on a running platform, as they really come: browser log-in, client."""

import re
import time
from collections.abc import Callable
from html import unescape
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx
import huitong_client as client

from deploy.local.authenticator import Authenticator
from shared import crypto

_APPLICATION = "huitong-docs"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_ACTION = re.compile(r'<form method="post" action="([^"]+)"')
_KEY = re.compile(r'class="key">([A-Z2-7 ]+)<')
_ENROLMENT, _CODE = "/oauth/authorize/enrolment", "/oauth/authorize/second"
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
    def logged_in(
        cls, url: str, username: str, password: str, authenticator: Authenticator | None = None
    ) -> "Person":
        """Log in as a browser does: authorization code with PKCE, and the second factor where one
        is asked for; who has none yet enrols the authenticator. Raises Fault.
        """
        http = httpx.Client(base_url=url, timeout=60)
        try:
            cls._log_in(http, url, username, password, authenticator)
        except BaseException:
            http.close()
            raise
        return cls(http)

    @staticmethod
    def _log_in(
        http: httpx.Client,
        url: str,
        username: str,
        password: str,
        authenticator: Authenticator | None,
    ) -> None:
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
        sent = http.post(
            "/oauth/authorize",
            data={**_hidden(page), "username": username, "password": password},
        )
        if sent.status_code == httpx.codes.OK:
            sent = _second_factor(http, username, sent, authenticator)
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


def _second_factor(
    http: httpx.Client, username: str, page: httpx.Response, authenticator: Authenticator | None
) -> httpx.Response:
    """What the last page of the log-in answers, after a code of the authenticator."""
    asked, key = _action(page), _KEY.search(page.text)
    if authenticator is not None and asked == _ENROLMENT and key is not None:
        authenticator.take(key[1].replace(" ", ""))
    elif authenticator is None or asked != _CODE or not authenticator.has_key:
        raise Fault(
            f"{username} is asked for more than a password, and its second factor is not kept "
            "beside the password: log in on the docs page, or start anew with make reset."
        )
    for code in authenticator.codes():
        answer = http.post(asked, data={**_hidden(page), "code": code})
        if answer.status_code != httpx.codes.UNAUTHORIZED:
            break
        # The page comes again with the fault, and its ticket is as good as before.
        page = answer
    if answer.status_code == httpx.codes.OK:
        # The recovery codes of whoever has just enrolled: an example writes none down.
        answer = http.post(_action(answer), data=_hidden(answer))
    return answer


def _action(page: httpx.Response) -> str:
    found = _ACTION.search(page.text)
    return unescape(found[1]) if found else ""


def _hidden(page: httpx.Response) -> dict[str, str]:
    return {name: unescape(value) for name, value in _HIDDEN.findall(page.text)}


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
