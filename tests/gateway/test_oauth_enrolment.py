"""Where everybody must have a second factor: who has none enrols before any token is given."""

import asyncio
import re
from base64 import b32decode
from html import unescape

import httpx
import pytest
import segno

from deploy.local.authenticator import Authenticator
from deploy.local.journey import Fault
from deploy.local.journey import Person as ExamplePerson
from gateway.second_factor import totp
from shared import clock
from tests.gateway.conftest import Gateway
from tests.gateway.people import bearing
from tests.gateway.test_accounts import COMPILER
from tests.gateway.test_oauth_second_factor import Owner
from tests.gateway.test_oauth_steps import send

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")


@pytest.fixture
def second_factor_required() -> bool:
    """The gateway of these tests demands one."""
    return True


async def test_who_has_no_second_factor_enrols_before_any_token(gateway: Gateway) -> None:
    owner = Owner(gateway, COMPILER)
    page = await owner.enter()
    assert page.status_code == 200
    key = re.search(r'class="key">([A-Z2-7 ]+)<', page.text)
    assert key
    owner.secret = b32decode(key[1].replace(" ", ""))
    wrong = await send(gateway, "enrolment", page, code="000000")
    assert wrong.status_code == 401
    assert key[1] in wrong.text
    codes = await send(gateway, "enrolment", wrong, code=totp.code(owner.secret, clock.now()))
    assert codes.status_code == 200
    recovery = re.findall(r"<li>([a-z2-7-]+)</li>", codes.text)
    assert len(set(recovery)) == 10
    assert await owner.acr(await send(gateway, "finish", codes)) == "password+totp"
    # From then on the code is asked for, and a recovery code of that page opens once.
    ticket = await owner.ticket()
    assert (await owner.second(ticket, recovery[0])).status_code == 303
    # The page of the enrolment is worth nothing any more.
    late = await send(gateway, "enrolment", page, code=totp.code(owner.secret, clock.now()))
    assert late.json()["code"] == "log-in-step-unknown"


async def test_the_key_is_a_picture_in_the_page_itself_and_comes_from_nowhere_else(
    gateway: Gateway,
) -> None:
    owner = Owner(gateway, COMPILER)
    page = await owner.enter()
    uri = re.search(r'href="(otpauth:[^"]+)"', page.text)
    drawn = re.search(r'<svg role="img".*?</svg>', page.text)
    assert uri
    assert drawn
    # What the picture says is the same address that the link opens.
    expected = segno.make(unescape(uri[1]), error="m", micro=False)
    path = re.search(r'stroke="#000" d="([^"]+)"', drawn[0])
    assert path
    assert path[1] in expected.svg_inline(border=4)
    assert "src=" not in page.text
    assert "http" not in drawn[0]
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; form-action")
    assert "script" not in policy


async def test_where_it_is_demanded_nobody_removes_it(gateway: Gateway) -> None:
    owner = Owner(gateway, COMPILER)
    page = await owner.enter()
    key = re.search(r'class="key">([A-Z2-7 ]+)<', page.text)
    assert key
    owner.secret = b32decode(key[1].replace(" ", ""))
    codes = await send(gateway, "enrolment", page, code=totp.code(owner.secret, clock.now()))
    done = await send(gateway, "finish", codes)
    told = httpx.URL(done.headers["location"]).params
    tokens = (await owner.change(told["code"])).json()
    no = await gateway.http.post(
        "/v1/me/second-factor/remove", json={"code": owner.shown(1)}, headers=bearing(tokens)
    )
    assert no.json()["code"] == "second-factor-demanded"


async def test_the_examples_people_enrol_and_log_in_with_the_key_that_is_kept(
    gateway: Gateway,
) -> None:
    kept: list[str] = []
    password = Owner(gateway, COMPILER).password

    def logged_in(authenticator: Authenticator | None) -> str:
        person = ExamplePerson.logged_in(gateway.url, COMPILER, password, authenticator)
        try:
            return str(person.get("/v1/me")["acr"])
        finally:
            person.close()

    first = await asyncio.to_thread(logged_in, Authenticator(None, kept.append))
    assert first == "password+totp"
    # On another day, and within the half minute of the first: that code is used up, not the next.
    second = await asyncio.to_thread(logged_in, Authenticator(kept[0], kept.append))
    assert second == "password+totp"
    assert len(kept) == 1
    with pytest.raises(Fault, match="asked for more than a password"):
        await asyncio.to_thread(logged_in, None)
