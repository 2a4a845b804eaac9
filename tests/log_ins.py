"""People's log-ins over HTTP, as an application does them: authorization code with PKCE."""

from urllib.parse import parse_qs, urlsplit

import httpx

from gateway.oauth.routes import DOCS_APPLICATION
from shared import crypto


async def person_token(http: httpx.AsyncClient, username: str, password: str) -> str:
    """A person's access token; `http` knows the gateway's address."""
    verifier = crypto.token()
    asked = {
        "client_id": DOCS_APPLICATION,
        "redirect_uri": f"{str(http.base_url).rstrip('/')}/docs/oauth2-redirect",
        "code_challenge": crypto.base64url(crypto.STANDARD.digest(verifier.encode())),
        "state": "s",
    }
    sent = await http.post(
        "/oauth/authorize", data=asked | {"username": username, "password": password}
    )
    assert sent.status_code == 303, sent.text
    answer = await http.post(
        "/oauth/token",
        data={
            "grant_type": "authorization_code",
            "client_id": DOCS_APPLICATION,
            "redirect_uri": asked["redirect_uri"],
            "code": parse_qs(urlsplit(sent.headers["location"]).query)["code"][0],
            "code_verifier": verifier,
        },
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def machine_token(http: httpx.AsyncClient, client: str, secret: str) -> str:
    """A machine's access token."""
    answer = await http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client, secret)
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])
