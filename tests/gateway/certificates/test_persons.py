"""A person's own certificate as second factor, where everybody must have one."""

import re
from base64 import b32decode
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.demands import SECOND_FACTOR_ACRS
from gateway.second_factor import totp
from shared import clock
from tests.gateway.certificates.authority import Authority, Issued
from tests.gateway.conftest import Gateway
from tests.gateway.people import bearing
from tests.gateway.test_accounts import COMPILER
from tests.gateway.test_oauth_second_factor import Owner
from tests.gateway.test_oauth_steps import send

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")
OWN = "/v1/me/certificates"


@pytest.fixture
def certificate_proxies() -> tuple[str, ...]:
    return ("127.0.0.1/32",)


@pytest.fixture
def second_factor_required() -> bool:
    return True


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def card(authority: Authority) -> Issued:
    return authority.issue("card-01")


class Holder(Owner):
    """A person with an authenticator, and a card in the reader where one is put there."""

    shows: dict[str, str]

    async def entered(self) -> httpx.Response:
        """Send name and password over a connection that shows the card."""
        told = {"username": self.username, "password": self.password}
        return await self.gateway.http.post(
            "/oauth/authorize", data=self.asked | told, headers=self.shows
        )

    async def tokens_of(self, entered: httpx.Response) -> dict[str, Any]:
        """The tokens for the code that a finished log-in leads to."""
        assert entered.status_code == 303, entered.text
        code = httpx.URL(entered.headers["location"]).params["code"]
        body = {
            "grant_type": "authorization_code",
            "client_id": self.application,
            "redirect_uri": self.redirect,
            "code": code,
            "code_verifier": self.verifier,
        }
        got = await self.gateway.http.post("/oauth/token", data=body, headers=self.shows)
        assert got.status_code == 200, got.text
        return dict(got.json())

    async def enrolled_authenticator(self) -> dict[str, Any]:
        """The tokens of the first log-in, in which the authenticator is enrolled."""
        page = await self.entered()
        key = re.search(r'class="key">([A-Z2-7 ]+)<', page.text)
        assert key
        self.secret = b32decode(key[1].replace(" ", ""))
        codes = await send(self.gateway, "enrolment", page, code=self.shown(-1))
        return await self.tokens_of(await send(self.gateway, "finish", codes))

    async def call(
        self, method: str, path: str, tokens: dict[str, Any], json: object = None
    ) -> httpx.Response:
        """A call with these tokens, over a connection that shows the card."""
        headers = bearing(tokens) | self.shows
        return await self.gateway.http.request(method, path, json=json, headers=headers)


async def holder(gateway: Gateway, card: Issued, username: str = COMPILER) -> Holder:
    made = Holder(gateway, username)
    made.shows = card.header
    return made


async def test_a_card_stands_in_for_the_code_and_its_tokens_open_nothing_without_it(
    gateway: Gateway, authority: Authority, card: Issued
) -> None:
    person = await holder(gateway, card)
    tokens = await person.enrolled_authenticator()
    # A session alone adds none: a thief has no authenticator.
    thief = await person.call("POST", OWN, tokens, {"code": "000000"})
    assert thief.json()["code"] == "second-factor-code-wrong"
    made = await person.call("POST", OWN, tokens, {"code": person.shown(0)})
    assert made.status_code == 201, made.text
    assert (await person.call("GET", OWN, tokens)).json()["certificates"] == [made.json()]
    again = await person.call("POST", OWN, tokens, {"code": person.shown(1)})
    assert again.json()["code"] == "persons-certificate-enrolled"
    # What production mode demands of everybody is there: no code is asked for.
    bound = await person.tokens_of(await person.entered())
    me = await person.call("GET", "/v1/me", bound)
    assert me.json()["acr"] == "password+certificate"
    assert me.json()["acr"] in SECOND_FACTOR_ACRS
    for shows in ({}, authority.issue("card-02").header):
        person.shows = shows
        assert (await person.call("GET", "/v1/me", bound)).status_code == 401
        # And without the card, or with another's, the code is asked for as before.
        assert "动态口令" in (await person.entered()).text


async def test_a_card_ends_when_it_expires_or_is_taken_off_and_with_it_what_it_began(
    gateway: Gateway, card: Issued
) -> None:
    person = await holder(gateway, card)
    tokens = await person.enrolled_authenticator()
    made = await person.call("POST", OWN, tokens, {"code": person.shown(0)})
    bound = await person.tokens_of(await person.entered())
    with clock.turn(clock.now() + timedelta(hours=1, minutes=1)):
        assert "动态口令" in (await person.entered()).text
        late = await person.refresh(bound["refresh_token"])
        assert late.json()["error"] == "invalid_grant"
    bound = await person.tokens_of(await person.entered())
    gone = await person.call("DELETE", f"{OWN}/{made.json()['id']}", bound)
    assert gone.status_code == 204
    assert (await person.refresh(bound["refresh_token"])).json()["error"] == "invalid_grant"
    assert "动态口令" in (await person.entered()).text


async def test_one_card_is_one_persons_and_goes_with_a_reset_by_two_people(
    gateway: Gateway, card: Issued
) -> None:
    person = await holder(gateway, card)
    tokens = await person.enrolled_authenticator()
    await person.call("POST", OWN, tokens, {"code": person.shown(0)})
    other = await holder(gateway, card, "civil-affairs.reviewer")
    others = await other.enrolled_authenticator()
    taken = await other.call("POST", OWN, others, {"code": other.shown(0)})
    assert taken.json()["code"] == "persons-certificate-enrolled"
    administrator, officer = [
        await holder(gateway, card, f"civil-affairs.{name}")
        for name in ("administrator", "security")
    ]
    me = (await person.call("GET", "/v1/me", tokens)).json()["id"]
    asked = await administrator.call(
        "POST",
        f"/v1/operators/{me}/recoveries",
        await administrator.enrolled_authenticator(),
        {"credential": "second-factor", "reason": "证书卡与手机一并遗失，已当面核实身份"},
    )
    assert asked.status_code in (200, 201), asked.text
    path = f"/v1/recoveries/{asked.json()['id']}/approve"
    done = await officer.call("POST", path, await officer.enrolled_authenticator())
    assert done.status_code == 200, done.text
    # The card opens nothing now: the person begins with a new authenticator.
    assert 'class="key"' in (await person.entered()).text


async def test_without_a_certificate_on_the_connection_there_is_none_to_enrol(
    gateway: Gateway, card: Issued
) -> None:
    person = await holder(gateway, card)
    person.shows = {}
    tokens = await person.enrolled_authenticator()
    none = await person.call("POST", OWN, tokens, {"code": person.shown(0)})
    assert none.json()["code"] == "persons-certificate-not-shown"
    code = totp.code(person.secret, clock.now() + timedelta(seconds=30))
    person.shows = {"client-cert": ":QUJD:"}
    nonsense = await person.call("POST", OWN, tokens, {"code": code})
    assert nonsense.json()["code"] == "persons-certificate-not-shown"
