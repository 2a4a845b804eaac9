"""Accounts that exist already: linked to somebody at the issuer, by whom, and unlinked again."""

import re
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from gateway.issuers import pseudonyms
from gateway.models import Operator
from gateway.second_factor import totp
from shared import clock
from tests.gateway.conftest import Gateway
from tests.gateway.issuers.conftest import Outsider
from tests.gateway.issuers.issuer import SUBJECT, Issuer, query
from tests.gateway.people import Person, bearing, called_until
from tests.gateway.test_oauth_second_factor import Owner

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")
COMPILER = "civil-affairs.compiler"


@pytest.fixture
def trust() -> str:
    return """
        accounts = "linked"
        [issuer.strength]
        claim = "acr"
        second_factor = ["phr"]
    """


async def account(gateway: Gateway, username: str = COMPILER) -> str:
    async with gateway.sessions() as session:
        found = await session.scalar(select(Operator.id).where(Operator.username == username))
    return str(found)


async def keeper(gateway: Gateway) -> dict[str, str]:
    return bearing(await Person(gateway, "platform.security").tokens())


async def link(gateway: Gateway, headers: dict[str, str], **body: str) -> httpx.Response:
    return await gateway.http.post(
        f"/v1/operators/{await account(gateway)}/identities",
        json={"issuer": "province"} | body,
        headers=headers | {"idempotency-key": str(uuid4())},
    )


async def test_whoever_is_linked_to_no_account_is_told_a_code_that_links(
    gateway: Gateway, outsider: Outsider
) -> None:
    refused = await outsider.enter_outside()
    assert refused.status_code == 403
    code = re.search(r"[a-z2-7]{4}(-[a-z2-7]{4}){7}", refused.text)
    assert code
    assert SUBJECT not in refused.text
    headers = await keeper(gateway)
    made = await link(gateway, headers, code=code[0])
    assert made.status_code == 201, made.text
    tokens = await outsider.tokens_outside()
    me = (await gateway.http.get("/v1/me", headers=bearing(tokens))).json()
    assert me["id"] == await account(gateway)
    assert "resource:compile" in me["permissions"], "roles are the account's own"


async def test_one_person_there_is_one_account_here(gateway: Gateway) -> None:
    headers = await keeper(gateway)
    assert (await link(gateway, headers, subject=SUBJECT)).status_code == 201
    again = await link(gateway, headers, subject=SUBJECT)
    assert again.json()["code"] == "outside-identity-taken"
    listed = await gateway.http.get(
        f"/v1/operators/{await account(gateway)}/identities", headers=headers
    )
    assert [item["made"] for item in listed.json()["items"]] == [False]
    assert SUBJECT not in listed.text


async def test_the_same_key_links_once(gateway: Gateway) -> None:
    headers = await keeper(gateway) | {"idempotency-key": "link-once"}
    path = f"/v1/operators/{await account(gateway)}/identities"
    body = {"issuer": "province", "subject": SUBJECT}
    first = await gateway.http.post(path, json=body, headers=headers)
    second = await gateway.http.post(path, json=body, headers=headers)
    assert first.json() == second.json()


@pytest.mark.parametrize(
    "body",
    [
        {"issuer": "province"},
        {"issuer": "province", "subject": "a", "code": "b"},
        {"issuer": "province", "code": "nonsense"},
        {"issuer": "province", "code": "aaaa-aaaa"},
        {"issuer": "province", "subject": ""},
    ],
)
async def test_a_link_names_one_person_in_one_way(gateway: Gateway, body: dict[str, str]) -> None:
    assert (await link(gateway, await keeper(gateway), **body)).status_code == 422


async def test_only_the_security_administrator_links(gateway: Gateway) -> None:
    own = bearing(await Person(gateway, COMPILER).tokens())
    assert (await link(gateway, own, subject=SUBJECT)).status_code == 403
    nobody = await link(gateway, await keeper(gateway), subject=SUBJECT, issuer="unknown")
    assert nobody.status_code == 404


async def test_unlinking_ends_what_the_issuer_began_and_nothing_else(
    gateway: Gateway, outsider: Outsider
) -> None:
    headers = await keeper(gateway)
    made = (await link(gateway, headers, subject=SUBJECT)).json()
    outside, inside = await outsider.tokens_outside(), await Person(gateway, COMPILER).tokens()
    path = f"/v1/operators/{await account(gateway)}/identities/{made['id']}"
    other = await account(gateway, "tax.administrator")
    wrong = f"/v1/operators/{other}/identities/{made['id']}"
    assert (await gateway.http.delete(wrong, headers=headers)).status_code == 404
    assert (await gateway.http.delete(path, headers=headers)).status_code == 204
    assert (await gateway.http.delete(path, headers=headers)).status_code == 404
    assert await called_until(gateway, outside, 401)
    assert await called_until(gateway, inside, 200)
    assert (await outsider.enter_outside()).status_code == 403


async def test_an_accounts_own_second_factor_is_asked_for_unless_there_was_one_there(
    gateway: Gateway, issuer: Issuer, outsider: Outsider
) -> None:
    await link(gateway, await keeper(gateway), subject=SUBJECT)
    owner = Owner(gateway, COMPILER)
    await owner.enrol(bearing(await owner.tokens()))
    page = await outsider.enter_outside()
    assert page.status_code == 200
    ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)
    assert ticket
    code = totp.code(owner.secret, clock.now())
    entered = await owner.second(ticket[1], code)
    assert entered.status_code == 303, entered.text
    told = await outsider.change(query(entered.headers["location"])["code"])
    me = await gateway.http.get("/v1/me", headers=bearing(told.json()))
    assert me.json()["acr"] == "issuer+totp"
    issuer.claims["acr"] = "phr"
    tokens = await outsider.tokens_outside()
    me = await gateway.http.get("/v1/me", headers=bearing(tokens))
    assert me.json()["acr"] == "issuer+second-factor"


def test_a_pseudonym_reads_as_it_is_shown() -> None:
    made = pseudonyms.of(b"k" * 32, "https://id.example", b"subject", SUBJECT)
    assert pseudonyms.read(pseudonyms.shown(made)) == made
    others = {
        pseudonyms.of(b"k" * 32, "https://id.example", b"session", SUBJECT),
        pseudonyms.of(b"k" * 32, "https://other.example", b"subject", SUBJECT),
        pseudonyms.of(b"j" * 32, "https://id.example", b"subject", SUBJECT),
    }
    assert made not in others
    assert len(others) == 3
