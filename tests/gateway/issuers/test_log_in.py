"""Logging in by an outside issuer: whom it lets in, as what, and what it never lets in."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import func, select
from starlette.responses import RedirectResponse, Response

from gateway.models import Operator, OutsideIdentity
from shared import clock
from tests.gateway.conftest import Gateway
from tests.gateway.issuers.conftest import Outsider
from tests.gateway.issuers.issuer import SUBJECT, Issuer, query, rsa
from tests.gateway.people import Person, bearing, called_until

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")


async def me(gateway: Gateway, tokens: dict[str, Any]) -> dict[str, Any]:
    answer = await gateway.http.get("/v1/me", headers=bearing(tokens))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def accounts(gateway: Gateway) -> int:
    async with gateway.sessions() as session:
        return await session.scalar(select(func.count()).select_from(Operator)) or 0


async def test_the_page_offers_the_issuer_and_escapes_its_name(outsider: Outsider) -> None:
    page = await outsider.browser.get(
        "/oauth/authorize",
        params=outsider.asked | {"response_type": "code", "code_challenge_method": "S256"},
    )
    assert "以省统一身份 &lt;认证&gt;登录" in page.text
    assert 'action="/oauth/issuers/province/begin"' in page.text


async def test_a_person_gets_an_account_at_the_first_log_in_and_keeps_it(
    gateway: Gateway, outsider: Outsider
) -> None:
    first = await me(gateway, await outsider.tokens_outside())
    assert first["department"]["short_name"] == "civil-affairs"
    assert "resource:compile" in first["permissions"]
    assert first["acr"] == "issuer"
    again = await me(gateway, await outsider.tokens_outside())
    assert again["id"] == first["id"]


async def test_neither_log_nor_database_knows_the_issuers_name_for_a_person(
    gateway: Gateway, outsider: Outsider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    await outsider.tokens_outside()
    async with gateway.sessions() as session:
        (link,) = await session.scalars(select(OutsideIdentity))
        operator = await session.get_one(Operator, link.operator)
    assert SUBJECT.encode() not in link.pseudonym
    assert SUBJECT not in operator.username
    assert SUBJECT not in caplog.text


async def test_a_hardware_key_there_counts_as_a_second_factor_here(
    gateway: Gateway, issuer: Issuer, outsider: Outsider
) -> None:
    issuer.claims["amr"] = ["pwd", "hwk"]
    assert (await me(gateway, await outsider.tokens_outside()))["acr"] == "issuer+second-factor"


async def test_roles_follow_the_issuer_at_each_log_in(
    gateway: Gateway, issuer: Issuer, outsider: Outsider
) -> None:
    await outsider.tokens_outside()
    issuer.claims["access"] = {"roles": ["review"]}
    tokens = await outsider.tokens_outside()
    for _ in range(40):
        told = (await me(gateway, tokens))["permissions"]
        if "resource:review" in told:
            break
        await asyncio.sleep(0.05)
    assert "resource:review" in told
    assert "resource:compile" not in told


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"access": {"roles": ["sys", "sec"]}}, "three different people"),
        ({"access": {"roles": ["compile", "review"]}}, "two people"),
        ({"access": {"roles": ["administrator"]}}, "no role"),
        ({"access": "compile"}, "no role"),
        ({"org": "nowhere"}, "not registered"),
        ({"org": ["civil-affairs", "tax"]}, "not registered"),
        ({"org": {"$ne": ""}}, "not registered"),
    ],
)
async def test_what_the_mapping_does_not_give_nobody_gets(
    gateway: Gateway, issuer: Issuer, outsider: Outsider, claims: dict[str, Any], sentence: str
) -> None:
    before = await accounts(gateway)
    issuer.claims |= claims
    refused = await outsider.enter_outside()
    assert refused.status_code == 403
    assert sentence in refused.text
    assert await accounts(gateway) == before


async def test_an_account_that_we_closed_stays_closed(gateway: Gateway, outsider: Outsider) -> None:
    tokens = await outsider.tokens_outside()
    async with gateway.sessions.begin() as session:
        (link,) = await session.scalars(select(OutsideIdentity))
        (await session.get_one(Operator, link.operator)).disabled_at = clock.now()
    assert await called_until(gateway, tokens, 401)
    refused = await outsider.enter_outside()
    assert refused.status_code == 403
    assert "This account is closed" in refused.text


async def test_a_person_does_not_change_departments_by_a_claim(
    issuer: Issuer, outsider: Outsider
) -> None:
    await outsider.tokens_outside()
    issuer.claims["org"] = "tax"
    assert (await outsider.enter_outside()).status_code == 403


async def test_two_first_log_ins_at_once_make_one_account(
    gateway: Gateway, outsider: Outsider
) -> None:
    other = Outsider(gateway)
    before = await accounts(gateway)
    both = await asyncio.gather(outsider.tokens_outside(), other.tokens_outside())
    assert len({(await me(gateway, tokens))["id"] for tokens in both}) == 1
    assert await accounts(gateway) == before + 1
    await other.browser.aclose()


Bend = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.mark.parametrize(
    "bend",
    [
        lambda c: c | {"iss": "https://other.example"},
        lambda c: c | {"aud": "somebody-else"},
        lambda c: c | {"aud": ["huitong", "somebody-else"]},
        lambda c: c | {"aud": ["huitong"], "azp": "somebody-else"},
        lambda c: c | {"nonce": "another"},
        lambda c: {k: v for k, v in c.items() if k != "nonce"},
        lambda c: c | {"at_hash": "another"},
        lambda c: c | {"exp": c["iat"] - 60},
        lambda c: {k: v for k, v in c.items() if k != "exp"},
        lambda c: c | {"iat": c["iat"] + 300, "exp": c["exp"] + 300},
        lambda c: c | {"iat": c["iat"] - 3600},
        lambda c: c | {"nbf": c["iat"] + 300},
        lambda c: c | {"exp": "soon"},
        lambda c: c | {"exp": 1e300},
        lambda c: c | {"sub": ""},
        lambda c: c | {"sub": 7},
        lambda c: c | {"sub": "x" * 256},
    ],
)
async def test_a_token_that_is_wrong_in_one_point_lets_nobody_in(
    gateway: Gateway, issuer: Issuer, outsider: Outsider, bend: Bend
) -> None:
    before = await accounts(gateway)
    issuer.bend = bend
    refused = await outsider.enter_outside()
    assert refused.status_code == 401
    assert "登录未完成" in refused.text
    assert await accounts(gateway) == before


async def test_keys_of_both_usual_kinds_are_taken(issuer: Issuer, outsider: Outsider) -> None:
    issuer.key, issuer.algorithm = rsa(), "RS256"
    assert await outsider.tokens_outside()


async def test_an_unsigned_token_and_one_under_the_public_key_as_a_secret_are_refused(
    issuer: Issuer, outsider: Outsider
) -> None:
    issuer.key, issuer.algorithm = rsa(), "none"
    assert (await outsider.enter_outside()).status_code == 401
    issuer.algorithm = "HS256"
    assert (await outsider.enter_outside()).status_code == 401


async def test_an_algorithm_beyond_the_setting_is_refused_though_the_key_can_it(
    issuer: Issuer, outsider: Outsider
) -> None:
    issuer.key, issuer.algorithm = rsa(), "PS256"
    assert (await outsider.enter_outside()).status_code == 401


async def test_the_key_beside_the_token_is_not_believed(issuer: Issuer, outsider: Outsider) -> None:
    forged = ECKey.generate_key("P-256", {"kid": "first"})
    issuer.jwks = {"keys": [issuer.key.as_dict(private=False)]}
    issuer.key, issuer.header = forged, {"jwk": forged.as_dict(private=False)}
    assert (await outsider.enter_outside()).status_code == 401


async def test_a_new_key_is_looked_for_once_and_a_flood_of_unknown_ones_asks_no_more(
    issuer: Issuer, outsider: Outsider
) -> None:
    await outsider.tokens_outside()
    issuer.key = ECKey.generate_key("P-256", {"kid": "second"})
    later = clock.now().timestamp() + 40
    with clock.turn(clock.now().fromtimestamp(later, clock.now().tzinfo)):
        assert await outsider.tokens_outside()
        asked = issuer.asked.count("/jwks")
        assert asked == 2
        issuer.jwks = {"keys": []}
        for number in range(5):
            issuer.key = ECKey.generate_key("P-256", {"kid": f"flood-{number}"})
            assert (await outsider.enter_outside()).status_code == 401
        assert issuer.asked.count("/jwks") == asked


@pytest.mark.parametrize(
    "answer",
    [
        Response(b'{"keys": [' + b" " * 300_000 + b"]}"),
        Response(b'{"keys": [' + b"{}," * 200 + b"{}]}"),
        Response(b"[" * 100_000),
        Response(b"{"),
        Response(b"{}"),
        Response(b"\x1f\x8b", headers={"content-encoding": "gzip"}),
        Response(status_code=500),
        RedirectResponse("http://127.0.0.1:1/keys"),
    ],
)
async def test_keys_that_are_too_large_or_none_or_elsewhere_are_not_taken(
    gateway: Gateway, issuer: Issuer, outsider: Outsider, answer: Response
) -> None:
    issuer.instead["/jwks"] = answer
    refused = await outsider.begin()
    assert refused.status_code == 503
    assert "password still works" in refused.text
    assert await Person(gateway, "civil-affairs.compiler").tokens()


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://other.example"},
        {"jwks_uri": "http://127.0.0.2:1/jwks"},
        {"token_endpoint": "http://localhost.example/token"},
        {"authorization_endpoint": "https://elsewhere.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
        {"code_challenge_methods_supported": ["plain"]},
    ],
)
async def test_an_issuer_that_points_elsewhere_is_not_followed(
    issuer: Issuer, outsider: Outsider, metadata: dict[str, Any]
) -> None:
    issuer.metadata = metadata
    assert (await outsider.begin()).status_code == 503


async def test_a_slow_issuer_costs_its_own_people_seconds_and_nobody_else_any(
    gateway: Gateway, issuer: Issuer, outsider: Outsider
) -> None:
    issuer.slowness = 6
    waiting = asyncio.create_task(outsider.begin())
    assert await Person(gateway, "civil-affairs.compiler").tokens()
    assert not waiting.done(), "a password waits for nobody else's issuer"
    assert (await waiting).status_code == 503
    # Whoever comes next is told at once: it is not asked again for a while.
    asked = len(issuer.asked)
    assert (await outsider.begin()).status_code == 503
    assert len(issuer.asked) == asked


async def test_a_way_back_counts_once_in_the_browser_that_went_and_for_ten_minutes(
    gateway: Gateway, issuer: Issuer, outsider: Outsider
) -> None:
    back = await outsider.there()
    stranger = await gateway.http.get(back)
    assert stranger.json()["code"] == "log-in-step-unknown"
    other = await outsider.browser.get(back.replace("state=", "state=x"))
    assert other.json()["code"] == "log-in-step-unknown"
    kept = "; ".join(f"{name}={value}" for name, value in outsider.browser.cookies.items())
    assert (await outsider.browser.get(back)).status_code == 303
    replayed = await gateway.http.get(back, headers={"cookie": kept})
    assert replayed.json()["code"] == "log-in-step-unknown"
    late = await outsider.there()
    ten = clock.now().fromtimestamp(clock.now().timestamp() + 601, clock.now().tzinfo)
    with clock.turn(ten):
        assert (await outsider.browser.get(late)).status_code == 400


async def test_the_answer_of_another_issuer_is_not_taken_to_this_one(
    issuer: Issuer, outsider: Outsider
) -> None:
    back = await outsider.there()
    asked = len(issuer.codes)
    mixed = back.replace(query(back)["iss"], "https://other.example")
    refused = await outsider.browser.get(mixed.partition("&iss=")[0] + "&iss=https://other.example")
    assert refused.status_code == 401
    assert len(issuer.codes) == asked, "the code was not shown to anybody"
    silent = (await outsider.there()).partition("&iss=")[0]
    assert (await outsider.browser.get(silent)).status_code == 401


async def test_an_application_that_is_not_registered_is_never_sent_to(outsider: Outsider) -> None:
    asked = outsider.asked | {"redirect_uri": "https://evil.example/"}
    refused = await outsider.browser.post("/oauth/issuers/province/begin", data=asked)
    assert refused.json()["code"] == "redirect-unknown"
    unknown = await outsider.browser.post("/oauth/issuers/nobody/begin", data=outsider.asked)
    assert unknown.status_code == 404


async def test_a_refusal_there_leads_back_to_the_page_here(outsider: Outsider) -> None:
    back = await outsider.there()
    told = query(back)
    refused = await outsider.browser.get(
        "/oauth/issuers/province/back",
        params={"error": "access_denied", "state": told["state"], "iss": told["iss"]},
    )
    assert refused.status_code == 401
    assert 'name="password"' in refused.text
    assert "huitong-outside-log-in" not in outsider.browser.cookies


async def test_the_issuers_log_out_ends_what_it_began(
    gateway: Gateway, issuer: Issuer, outsider: Outsider
) -> None:
    issuer.claims["sid"] = "session-1"
    tokens = await outsider.tokens_outside()
    issuer.claims["sid"] = "session-2"
    others = await outsider.tokens_outside()
    events: dict[str, Any] = {"http://schemas.openid.net/event/backchannel-logout": {}}
    del issuer.claims["sid"]
    path = "/oauth/issuers/province/log-out"

    async def send(**claims: Any) -> int:
        text = issuer.token(jti="once-only", **claims)
        answer = await gateway.http.post(path, data={"logout_token": text})
        return answer.status_code

    assert await send(sid="session-1") == 400, "no event"
    assert await send(sid="session-1", events=events, nonce="n") == 400
    assert await send(sid="session-1", events=events, aud="somebody-else") == 400
    assert await send(sid="session-3", events=events) == 200
    assert await called_until(gateway, tokens, 200)
    assert await send(sid="session-1", events=events) == 200
    assert await called_until(gateway, tokens, 401)
    assert (await outsider.refresh(tokens["refresh_token"])).status_code == 400
    assert await called_until(gateway, others, 200)
    assert await send(events=events) == 200
    assert await called_until(gateway, others, 401)


async def test_our_log_out_ends_our_tokens(gateway: Gateway, outsider: Outsider) -> None:
    tokens = await outsider.tokens_outside()
    over = await gateway.http.post("/oauth/logout", headers=bearing(tokens))
    assert over.status_code == 204
    assert await called_until(gateway, tokens, 401)
