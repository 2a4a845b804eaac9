"""Operators that log in, as a browser would."""

from urllib.parse import parse_qs, urlsplit

from gateway.oauth.routes import DOCS_APPLICATION
from shared import crypto
from tests.gateway.conftest import Gateway


async def log_in(gateway: Gateway, username: str, password: str | None = None) -> dict[str, str]:
    """An operator's header, by the authorization code flow with PKCE."""
    department = username.partition(".")[0]
    kept = gateway.credentials["departments"].get(department)
    operators = kept["operators"] if kept else {}
    verifier = crypto.token()
    challenge = crypto.base64url(crypto.STANDARD.digest(verifier.encode()))
    redirect = f"{gateway.url}/docs/oauth2-redirect"
    asked = {"client_id": DOCS_APPLICATION, "redirect_uri": redirect, "code_challenge": challenge}
    page = await gateway.http.get(
        "/oauth/authorize",
        params=asked | {"response_type": "code", "code_challenge_method": "S256", "state": "s"},
    )
    assert page.status_code == 200
    assert "登录汇通" in page.text
    sent = await gateway.http.post(
        "/oauth/authorize",
        data=asked
        | {
            "state": "s",
            "username": username,
            "password": password or operators[username]["password"],
        },
    )
    if sent.status_code != 303:
        raise PermissionError(sent.status_code)
    told = parse_qs(urlsplit(sent.headers["location"]).query)
    assert told["state"] == ["s"]
    body = {
        "grant_type": "authorization_code",
        "client_id": DOCS_APPLICATION,
        "redirect_uri": redirect,
        "code": told["code"][0],
        "code_verifier": verifier,
    }
    got = await gateway.http.post("/oauth/token", data=body)
    assert got.status_code == 200, got.text
    return {"authorization": f"Bearer {got.json()['access_token']}"}


async def log_in_to_platform(gateway: Gateway, username: str) -> dict[str, str]:
    department = gateway.credentials["departments"]["data-bureau"]
    return await log_in(gateway, username, department["operators"][username]["password"])
