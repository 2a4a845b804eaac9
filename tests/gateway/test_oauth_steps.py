"""Steps of a log-in: a password of one's own; and changing one's authenticator."""

import html
import re
from base64 import b32decode
from datetime import timedelta

import httpx
import pytest

from gateway.models import Operator
from gateway.second_factor import totp
from shared import clock
from tests.gateway.conftest import Gateway
from tests.gateway.people import Person, bearing, called_until, calls
from tests.gateway.test_accounts import COMPILER, id_of
from tests.gateway.test_oauth_second_factor import Owner

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")
CHOSEN = "unrelated kettle marble sixteen"


def ticket_in(page: httpx.Response) -> str:
    """The sealed ticket in a page."""
    found = re.search(r'name="ticket" value="([^"]+)"', page.text)
    assert found, page.text
    return html.unescape(found[1])


async def send(gateway: Gateway, step: str, page: httpx.Response, **fields: str) -> httpx.Response:
    """Send the form of a page."""
    body = {"ticket": ticket_in(page), **fields}
    return await gateway.http.post(f"/oauth/authorize/{step}", data=body)


@pytest.fixture
async def given(gateway: Gateway) -> Person:
    """A person whose password was given by somebody else an hour ago."""
    async with gateway.sessions.begin() as session:
        operator = await session.get_one(Operator, await id_of(gateway, COMPILER))
        operator.temporary_until = clock.now() + timedelta(days=7)
    return Person(gateway, COMPILER)


async def test_a_password_that_was_given_opens_nothing_but_its_own_change(given: Person) -> None:
    page = await given.enter()
    assert page.status_code == 200
    assert "location" not in page.headers
    differ = await send(given.gateway, "password", page, new=CHOSEN, again=CHOSEN + "x")
    assert "不一致" in differ.text
    weak = await send(given.gateway, "password", page, new="password123456", again="password123456")
    assert "容易被猜中" in weak.text
    same = await send(given.gateway, "password", page, new=given.password, again=given.password)
    assert "勿沿用" in same.text
    done = await send(given.gateway, "password", page, new=CHOSEN, again=CHOSEN)
    assert done.status_code == 303
    # The ticket was for the password that is no more.
    again = await send(given.gateway, "password", page, new=CHOSEN + "y", again=CHOSEN + "y")
    assert again.json()["code"] == "log-in-step-unknown"
    assert (await given.enter()).status_code == 401
    assert (await given.enter(CHOSEN)).status_code == 303


async def test_a_password_that_was_given_ends_at_its_time(given: Person) -> None:
    with clock.turn(clock.now() + timedelta(days=7, seconds=1)):
        late = await given.enter()
        assert late.status_code == 403
        assert "已过期" in late.text


async def test_the_ticket_of_one_step_opens_no_other(given: Person) -> None:
    page = await given.enter()
    for step, fields in [("second", {"code": "123456"}), ("enrolment", {"code": "123456"})]:
        answer = await send(given.gateway, step, page, **fields)
        assert answer.json()["code"] == "log-in-step-unknown"
    finish = await send(given.gateway, "finish", page)
    assert finish.json()["code"] == "log-in-step-unknown"


async def test_who_is_closed_between_two_steps_gets_no_further(given: Person) -> None:
    page = await given.enter()
    async with given.gateway.sessions.begin() as session:
        operator = await session.get_one(Operator, await id_of(given.gateway, COMPILER))
        operator.disabled_at = clock.now()
    answer = await send(given.gateway, "password", page, new=CHOSEN, again=CHOSEN)
    assert answer.json()["code"] == "log-in-step-unknown"


async def test_the_authenticator_is_replaced_and_the_old_one_good_until_then(
    gateway: Gateway,
) -> None:
    owner = Owner(gateway, COMPILER)
    tokens = await owner.tokens()
    await owner.enrol(bearing(tokens))
    http, headers = gateway.http, bearing(tokens)
    stolen = await http.post(
        "/v1/me/second-factor/replace", json={"code": "000000"}, headers=headers
    )
    assert stolen.json()["code"] == "second-factor-code-wrong"
    begun = await http.post(
        "/v1/me/second-factor/replace", json={"code": owner.recovery[0]}, headers=headers
    )
    assert begun.status_code == 201, begun.text
    new = b32decode(httpx.URL(begun.json()["uri"]).params["secret"])
    # Until it is confirmed, the old one opens and the new one does not.
    ticket = await owner.ticket()
    assert (await owner.second(ticket, totp.code(new, clock.now()))).status_code == 401
    assert (await owner.second(ticket, owner.shown(1))).status_code == 303
    done = await http.post(
        "/v1/me/second-factor/confirm",
        json={"code": totp.code(new, clock.now())},
        headers=headers,
    )
    assert done.status_code == 200, done.text
    assert await called_until(gateway, tokens, 401)
    ticket = await owner.ticket()
    with clock.turn(clock.now() + timedelta(minutes=2)):
        assert (await owner.second(ticket, owner.shown())).status_code == 401
        assert (await owner.second(ticket, owner.recovery[1])).status_code == 401
        assert (await owner.second(ticket, totp.code(new, clock.now()))).status_code == 303


async def test_the_authenticator_is_removed_for_one_of_its_codes(gateway: Gateway) -> None:
    owner = Owner(gateway, COMPILER)
    tokens = await owner.tokens()
    await owner.enrol(bearing(tokens))
    http, headers = gateway.http, bearing(tokens)
    path = "/v1/me/second-factor/remove"
    for _ in range(5):
        wrong = await http.post(path, json={"code": "000000"}, headers=headers)
        assert wrong.json()["code"] == "second-factor-code-wrong"
    limited = await http.post(path, json={"code": owner.shown(1)}, headers=headers)
    assert limited.status_code == 429
    with clock.turn(clock.now() + timedelta(minutes=5)):
        done = await http.post(path, json={"code": owner.shown()}, headers=headers)
        assert done.status_code == 204
        assert await called_until(gateway, tokens, 401)
        assert await owner.tokens()
    assert await calls(gateway, tokens) == 401


async def test_a_browser_that_comes_back_too_late_is_told_so_on_a_page(given: Person) -> None:
    page = await given.enter()
    body = {"ticket": ticket_in(page), "new": CHOSEN, "again": CHOSEN}
    with clock.turn(clock.now() + timedelta(minutes=10)):
        late = await given.gateway.http.post(
            "/oauth/authorize/password", data=body, headers={"accept": "text/html"}
        )
    assert late.status_code == 400
    assert late.headers["content-type"].startswith("text/html")
    assert "重新登录" in late.text
