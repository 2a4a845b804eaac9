"""The second factor: enrolled by oneself, asked for at log-in, each code once, reset by another."""

import asyncio
import html
import re
from base64 import b32decode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import select

from gateway.models import RecoveryCode, SecondFactor
from gateway.second_factor import totp
from shared import clock
from tests.gateway.conftest import Gateway
from tests.gateway.people import Person, bearing

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")
COMPILER = "civil-affairs.compiler"
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


class Owner(Person):
    """An operator with an authenticator."""

    secret: bytes = b""
    recovery: list[str]

    async def enrol(self, headers: dict[str, str]) -> None:
        """Enrol and confirm."""
        http = self.gateway.http
        begun = await http.post("/v1/me/second-factor", headers=headers)
        assert begun.status_code == 201, begun.text
        told = parse_qs(urlsplit(begun.json()["uri"]).query)
        self.secret = b32decode(told["secret"][0])
        wrong = {"code": totp.code(self.secret, clock.now() + timedelta(hours=1))}
        no = await http.post("/v1/me/second-factor/confirm", json=wrong, headers=headers)
        assert no.json()["code"] == "second-factor-code-wrong"
        right = {"code": self.shown(-1)}
        yes = await http.post("/v1/me/second-factor/confirm", json=right, headers=headers)
        assert yes.status_code == 200, yes.text
        self.recovery = yes.json()["codes"]

    def shown(self, step: int = 0) -> str:
        """What the authenticator shows so many steps from now."""
        return totp.code(self.secret, clock.now() + timedelta(seconds=30 * step))

    async def ticket(self) -> str:
        """The page after the right password: not a code, but another question."""
        page = await self.enter()
        assert page.status_code == 200
        assert "动态口令" in page.text
        found = re.search(r'name="ticket" value="([^"]+)"', page.text)
        assert found
        return html.unescape(found[1])

    async def second(self, ticket: str, code: str) -> httpx.Response:
        """Send the second form."""
        return await self.gateway.http.post(
            "/oauth/authorize/second", data={"ticket": ticket, "code": code}
        )

    async def acr(self, entered: httpx.Response) -> str:
        """How the platform says that this person authenticated."""
        assert entered.status_code == 303, entered.text
        told = parse_qs(urlsplit(entered.headers["location"]).query)
        assert told["state"] == ["s"]
        tokens = (await self.change(told["code"][0])).json()
        me = await self.gateway.http.get("/v1/me", headers=bearing(tokens))
        return str(me.json()["acr"])


@pytest.fixture
async def owner(gateway: Gateway) -> AsyncIterator[Owner]:
    """A person with a second factor, early in a time step, so that none ends under the test."""
    person = Owner(gateway, COMPILER)
    begun = int(clock.now().timestamp()) // 30 * 30
    with clock.turn(datetime.fromtimestamp(begun + 30, UTC)):
        await person.enrol(bearing(await person.tokens()))
        yield person


def test_the_codes_are_those_of_rfc_6238() -> None:
    """The last six digits of the SHA-1 rows of appendix B."""
    secret = b"12345678901234567890"
    for seconds, code in [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]:
        assert totp.code(secret, datetime.fromtimestamp(seconds, UTC)) == code


def test_a_code_fits_one_step_around_now_and_only_once() -> None:
    secret = totp.new_secret()
    for step in (-1, 0, 1):
        code = totp.code(secret, AT + timedelta(seconds=30 * step))
        used = totp.fitting_step(secret, code, AT, 0)
        assert used is not None
        assert totp.fitting_step(secret, code, AT, used) is None
    for step in (-2, 2):
        code = totp.code(secret, AT + timedelta(seconds=30 * step))
        assert totp.fitting_step(secret, code, AT, 0) is None


async def test_whoever_has_a_second_factor_shows_it_at_log_in(owner: Owner) -> None:
    ticket = await owner.ticket()
    wrong = await owner.second(ticket, "000000")
    assert wrong.status_code == 401
    code = owner.shown()
    assert await owner.acr(await owner.second(ticket, code)) == "password+totp"
    # The same code again, under the same ticket and a fresh one.
    assert (await owner.second(ticket, code)).status_code == 401
    assert (await owner.second(await owner.ticket(), code)).status_code == 401
    # An older code than the last used one is as good as used.
    assert (await owner.second(await owner.ticket(), owner.shown(-1))).status_code == 401
    assert await owner.acr(await owner.second(ticket, owner.shown(1))) == "password+totp"


async def test_of_two_uses_of_one_code_at_once_only_one_succeeds(owner: Owner) -> None:
    ticket, code = await owner.ticket(), owner.shown()
    answers = await asyncio.gather(*[owner.second(ticket, code) for _ in range(3)])
    assert sorted(answer.status_code for answer in answers) == [303, 401, 401]


async def test_a_recovery_code_opens_once(owner: Owner) -> None:
    assert len(set(owner.recovery)) == 10
    ticket = await owner.ticket()
    entered = await owner.second(ticket, owner.recovery[3].upper())
    assert await owner.acr(entered) == "password+recovery-code"
    assert (await owner.second(ticket, owner.recovery[3])).status_code == 401
    assert (await owner.second(ticket, owner.recovery[4])).status_code == 303


async def test_guessing_codes_is_slowed_for_that_person_from_that_address(owner: Owner) -> None:
    ticket = await owner.ticket()
    for guess in range(5):
        assert (await owner.second(ticket, f"99999{guess}")).status_code == 401
    assert (await owner.second(ticket, owner.shown())).status_code == 429
    # The way to the password is no shorter for it, and others are untouched.
    assert await Person(owner.gateway, "tax.administrator").tokens()


async def test_a_ticket_is_good_for_its_five_minutes_and_only_whole(owner: Owner) -> None:
    ticket = await owner.ticket()
    for forged in ("", "nonsense", ticket[:-4] + "AAAA", "A" * 200):
        answer = await owner.second(forged, owner.shown())
        assert answer.status_code in (400, 422)
    with clock.turn(clock.now() + timedelta(minutes=5, seconds=1)):
        late = await owner.second(ticket, owner.shown())
        assert late.json()["code"] == "log-in-step-unknown"


async def test_a_stolen_session_cannot_change_the_second_factor(owner: Owner) -> None:
    entered = await owner.second(await owner.ticket(), owner.shown())
    told = parse_qs(urlsplit(entered.headers["location"]).query)
    headers = bearing((await owner.change(told["code"][0])).json())
    again = await owner.gateway.http.post("/v1/me/second-factor", headers=headers)
    assert again.json()["code"] == "second-factor-enrolled"
    confirm = await owner.gateway.http.post(
        "/v1/me/second-factor/confirm", json={"code": owner.shown(1)}, headers=headers
    )
    assert confirm.json()["code"] == "second-factor-not-enrolled"
    told = (await owner.gateway.http.get("/v1/me/second-factor", headers=headers)).json()
    assert told["recovery_codes_left"] == 10
    assert told["confirmed_at"] is not None


async def test_an_enrolment_counts_only_once_it_is_confirmed(gateway: Gateway) -> None:
    person = Person(gateway, COMPILER)
    headers = bearing(await person.tokens())
    first = await gateway.http.post("/v1/me/second-factor", headers=headers)
    second = await gateway.http.post("/v1/me/second-factor", headers=headers)
    assert first.json()["uri"] != second.json()["uri"]
    assert await person.tokens()
    machine = await gateway.http.post("/v1/me/second-factor", headers=await gateway.bearer("tax"))
    assert machine.json()["code"] == "second-factor-people-only"


async def test_secret_and_recovery_codes_are_not_to_be_read_in_the_database(owner: Owner) -> None:
    async with owner.gateway.sessions() as session:
        factor = (await session.scalars(select(SecondFactor))).one()
        assert owner.secret not in factor.sealed_secret
        for row in await session.scalars(select(RecoveryCode)):
            assert not any(code.encode() in row.digest for code in owner.recovery)
