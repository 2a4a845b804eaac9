"""A lost password or second factor: one person asks, another one lets it be reset."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared import clock
from tests.gateway.conftest import Gateway
from tests.gateway.people import Person, bearing, called_until
from tests.gateway.test_accounts import (
    ADMINISTRATOR,
    COMPILER,
    REVIEWER,
    SECURITY,
    entered,
    id_of,
    post,
    said,
    set_roles,
)
from tests.gateway.test_oauth_second_factor import Owner

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")


async def ask(
    gateway: Gateway, headers: dict[str, str], who: UUID, credential: str = "password"
) -> httpx.Response:
    """Ask for a recovery."""
    body = {"credential": credential, "reason": "本人持工作证当面申请"}
    return await post(gateway, headers, f"/v1/operators/{who}/recoveries", body)


async def decide(
    gateway: Gateway, headers: dict[str, str], recovery: dict[str, Any], verb: str = "approve"
) -> httpx.Response:
    """Decide it."""
    body = {"reason": "身份存疑"} if verb == "refuse" else {}
    return await post(gateway, headers, f"/v1/recoveries/{recovery['id']}/{verb}", body)


async def test_a_lost_password_is_reset_by_two_people_and_changed_at_the_first_log_in(
    gateway: Gateway,
) -> None:
    person = Person(gateway, COMPILER)
    tokens = await person.tokens()
    administrator = await entered(gateway, ADMINISTRATOR)
    asked = await ask(gateway, administrator, await id_of(gateway, COMPILER))
    assert asked.status_code == 201, asked.text
    alone = await decide(gateway, administrator, asked.json())
    assert alone.json()["code"] == "recovery-second-person"
    security = await entered(gateway, SECURITY)
    listed = await gateway.http.get("/v1/recoveries", headers=security)
    assert [row["id"] for row in listed.json()["items"]] == [asked.json()["id"]]
    approved = await decide(gateway, security, asked.json())
    assert approved.status_code == 200, approved.text
    assert await called_until(gateway, tokens, 401)
    assert (await person.enter()).status_code == 401
    page = await person.enter(approved.json()["password"])
    assert page.status_code == 200
    assert "新口令" in page.text
    again = await decide(gateway, security, asked.json())
    assert again.json()["code"] == "recovery-over"
    told = await said(gateway, "gateway.recovery-decided.v1")
    assert [row["approved"] for row in told] == [True]
    assert approved.json()["password"] not in str(told)


async def test_a_lost_second_factor_is_reset_by_two_people(gateway: Gateway) -> None:
    owner = Owner(gateway, COMPILER)
    tokens = await owner.tokens()
    await owner.enrol(bearing(tokens))
    assert (await owner.enter()).status_code == 200
    security = await entered(gateway, SECURITY)
    asked = await ask(gateway, security, await id_of(gateway, COMPILER), "second-factor")
    approved = await decide(gateway, await entered(gateway, ADMINISTRATOR), asked.json())
    assert approved.status_code == 200, approved.text
    assert approved.json()["password"] is None
    assert await called_until(gateway, tokens, 401)
    assert await owner.tokens()
    changes = [row["change"] for row in await said(gateway, "gateway.second-factor-changed.v1")]
    assert changes == ["confirmed", "reset"]
    nothing = await ask(gateway, security, await id_of(gateway, COMPILER), "second-factor")
    without = await decide(gateway, await entered(gateway, ADMINISTRATOR), nothing.json())
    assert without.json()["code"] == "second-factor-not-enrolled"


async def test_whose_account_it_is_decides_nothing_about_it(gateway: Gateway) -> None:
    security = await entered(gateway, SECURITY)
    own = await ask(gateway, security, await id_of(gateway, SECURITY))
    assert own.json()["code"] == "account-own"
    asked = await ask(gateway, security, await id_of(gateway, ADMINISTRATOR))
    mine = await decide(gateway, await entered(gateway, ADMINISTRATOR), asked.json())
    assert mine.json()["code"] == "recovery-second-person"


async def test_others_neither_see_nor_decide_a_recovery(gateway: Gateway) -> None:
    administrator = await entered(gateway, ADMINISTRATOR)
    asked = await ask(gateway, administrator, await id_of(gateway, COMPILER))
    tax = await entered(gateway, "tax.administrator")
    assert (await gateway.http.get("/v1/recoveries", headers=tax)).json()["items"] == []
    assert (await decide(gateway, tax, asked.json())).status_code == 404
    reviewer = await entered(gateway, REVIEWER)
    assert (await decide(gateway, reviewer, asked.json())).json()["code"] == "permission-missing"


async def test_a_refused_or_late_recovery_resets_nothing(gateway: Gateway) -> None:
    administrator = await entered(gateway, ADMINISTRATOR)
    who = await id_of(gateway, COMPILER)
    asked = await ask(gateway, administrator, who)
    second = await ask(gateway, administrator, who)
    assert second.json()["code"] == "recovery-waiting"
    security = await entered(gateway, SECURITY)
    refused = await decide(gateway, security, asked.json(), "refuse")
    assert refused.json()["approved"] is False
    again = await ask(gateway, administrator, who)
    with clock.turn(clock.now() + timedelta(hours=24)):
        late = await decide(gateway, await entered(gateway, SECURITY), again.json())
        assert late.json()["code"] == "recovery-over"
        # What nobody decided in time does not stand in the way of the next.
        anew = await ask(gateway, await entered(gateway, ADMINISTRATOR), who)
        assert anew.status_code == 201
    assert await Person(gateway, COMPILER).tokens()


async def test_the_security_administrators_own_is_reset_by_two_others(gateway: Gateway) -> None:
    security = await entered(gateway, SECURITY)
    chief = await id_of(gateway, "data-bureau.coordinator")
    await set_roles(gateway, security, chief, "department-administrator")
    asked = await ask(
        gateway, await entered(gateway, "data-bureau.coordinator"), await id_of(gateway, SECURITY)
    )
    assert asked.status_code == 201, asked.text
    approved = await decide(gateway, await entered(gateway, "platform.system"), asked.json())
    assert approved.status_code == 200, approved.text


async def test_a_department_alone_resets_no_platform_account(gateway: Gateway) -> None:
    security = await entered(gateway, SECURITY)
    for username, role in [
        ("data-bureau.coordinator", "department-administrator"),
        ("data-bureau.supervisor", "security-officer"),
    ]:
        who = await id_of(gateway, username)
        assert (await set_roles(gateway, security, who, role)).status_code == 200
    chief = await entered(gateway, "data-bureau.coordinator")
    asked = await ask(gateway, chief, await id_of(gateway, SECURITY))
    officer = await entered(gateway, "data-bureau.supervisor")
    answer = await decide(gateway, officer, asked.json())
    assert answer.json()["code"] == "roles-not-yours-to-give"


async def test_after_a_recovery_one_person_alone_gives_no_other_password(gateway: Gateway) -> None:
    administrator = await entered(gateway, ADMINISTRATOR)
    who = await id_of(gateway, COMPILER)
    asked = await ask(gateway, administrator, who)
    await decide(gateway, await entered(gateway, SECURITY), asked.json())
    alone = await post(gateway, administrator, f"/v1/operators/{who}/initial-password")
    assert alone.json()["code"] == "password-chosen"
