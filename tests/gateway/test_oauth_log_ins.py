"""A person's log-in from its code to its end, and what thieves of codes and tokens get."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import orjson
import pytest
from joserfc import jws
from sqlalchemy import func, select

from gateway.live import Live
from gateway.models import AuthorizationCode, LogIn, Outbox, RefreshToken, RevokedToken
from gateway.oauth.expiry import forget
from shared import clock
from tests.gateway.conftest import Gateway
from tests.gateway.people import Person, bearing, called_until, calls

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")
COMPILER = "civil-affairs.compiler"


async def test_a_refresh_token_is_good_once_and_gives_the_next(gateway: Gateway) -> None:
    person = Person(gateway, COMPILER)
    first = await person.tokens()
    second = (await person.refresh(first["refresh_token"])).json()
    third = (await person.refresh(second["refresh_token"])).json()
    assert len({t["refresh_token"] for t in (first, second, third)}) == 3
    assert await calls(gateway, third) == 200


async def test_a_stolen_refresh_token_ends_the_log_in_of_thief_and_owner_alike(
    gateway: Gateway,
) -> None:
    person = Person(gateway, COMPILER)
    stolen = await person.tokens()
    thiefs = (await person.refresh(stolen["refresh_token"])).json()
    assert await calls(gateway, thiefs) == 200
    owner = await person.refresh(stolen["refresh_token"])
    assert owner.status_code == 400
    assert owner.json()["error"] == "invalid_grant"
    assert await called_until(gateway, thiefs, 401)
    assert await calls(gateway, stolen) == 401
    assert (await person.refresh(thiefs["refresh_token"])).status_code == 400
    async with gateway.sessions() as session:
        subject = "gateway.log-in-ended.v1"
        body = await session.scalar(select(Outbox.body).where(Outbox.subject == subject))
        assert body is not None
        assert body["data"]["reason"] == "refresh-token-reused"


async def test_of_two_uses_of_one_refresh_token_at_once_only_one_succeeds(
    gateway: Gateway,
) -> None:
    person = Person(gateway, COMPILER)
    token = (await person.tokens())["refresh_token"]
    answers = await asyncio.gather(*[person.refresh(token) for _ in range(4)])
    assert sorted(a.status_code for a in answers) == [200, 400, 400, 400]


async def test_a_log_in_ends_when_idle_too_long_and_at_last_in_any_case(
    gateway: Gateway,
) -> None:
    person = Person(gateway, COMPILER)
    start = clock.now()
    idle = await person.tokens()
    busy = await person.tokens()
    with clock.turn(start + timedelta(seconds=gateway.settings.log_in_idle_seconds + 60)):
        assert (await person.refresh(idle["refresh_token"])).status_code == 400
    for hour in range(1, 12):
        with clock.turn(start + timedelta(hours=hour)):
            busy = (await person.refresh(busy["refresh_token"])).json()
    with clock.turn(start + timedelta(hours=11, minutes=50)):
        last = (await person.refresh(busy["refresh_token"])).json()
        # No access token outlives its log-in.
        assert 500 < last["expires_in"] <= 601
    with clock.turn(start + timedelta(hours=12, seconds=5)):
        assert (await person.refresh(last["refresh_token"])).status_code == 400


async def test_refresh_tokens_and_codes_are_kept_as_digests_only(gateway: Gateway) -> None:
    tokens = await Person(gateway, COMPILER).tokens()
    async with gateway.sessions() as session:
        for row in await session.scalars(select(RefreshToken)):
            assert tokens["refresh_token"].encode() not in row.digest


async def test_a_log_out_ends_the_log_in_and_no_other(gateway: Gateway) -> None:
    person = Person(gateway, COMPILER)
    here, elsewhere = await person.tokens(), await person.tokens()
    gone = await gateway.http.post("/oauth/logout", headers=bearing(here))
    assert gone.status_code == 204
    assert await called_until(gateway, here, 401)
    assert (await person.refresh(here["refresh_token"])).status_code == 400
    assert await calls(gateway, elsewhere) == 200
    by_refresh = {"refresh_token": elsewhere["refresh_token"]}
    assert (await gateway.http.post("/oauth/logout", data=by_refresh)).status_code == 204
    assert await called_until(gateway, elsewhere, 401)
    nobody = await gateway.http.post("/oauth/logout")
    assert nobody.status_code == 401
    machine = await gateway.bearer("tax")
    assert (await gateway.http.post("/oauth/logout", headers=machine)).status_code == 401


async def test_a_code_used_twice_ends_what_it_began(gateway: Gateway) -> None:
    person = Person(gateway, COMPILER)
    code = await person.code()
    tokens = (await person.change(code)).json()
    assert (await person.change(code)).status_code == 400
    assert await called_until(gateway, tokens, 401)
    assert (await person.refresh(tokens["refresh_token"])).status_code == 400


@pytest.mark.parametrize(
    "otherwise",
    [
        {"code_verifier": "A" * 43},
        {"client_id": "portal"},
        {"redirect_uri": "https://portal.example/back"},
    ],
    ids=["injected into another browser", "of another application", "for another address"],
)
async def test_a_code_is_worth_nothing_to_anybody_else(
    gateway: Gateway, otherwise: dict[str, str]
) -> None:
    person = Person(gateway, COMPILER)
    code = await person.code()
    stolen = await person.change(code, **otherwise)
    assert stolen.status_code == 400
    assert stolen.json()["error"] == "invalid_grant"
    # The failing try used it up.
    assert (await person.change(code)).status_code == 400


async def test_a_code_expires_after_a_minute(gateway: Gateway) -> None:
    person = Person(gateway, COMPILER)
    code = await person.code()
    with clock.turn(clock.now() + timedelta(seconds=61)):
        assert (await person.change(code)).status_code == 400


async def test_another_applications_refresh_token_ends_the_log_in(gateway: Gateway) -> None:
    tokens = await Person(gateway, COMPILER).tokens()
    portal = Person(gateway, COMPILER, "portal")
    assert (await portal.refresh(tokens["refresh_token"])).status_code == 400
    assert await called_until(gateway, tokens, 401)


async def test_a_portal_of_the_installation_logs_people_in(gateway: Gateway) -> None:
    tokens = await Person(gateway, COMPILER, "portal").tokens()
    assert await calls(gateway, tokens) == 200
    claims = orjson.loads(jws.extract_compact(tokens["access_token"].encode()).payload)
    assert claims["client_id"] == "portal"


async def test_a_persons_token_has_the_claims_of_rfc_9068(gateway: Gateway) -> None:
    person = Person(gateway, COMPILER)
    first = await person.tokens()
    later = (await person.refresh(first["refresh_token"])).json()
    read = jws.extract_compact(later["access_token"].encode())
    claims = orjson.loads(read.payload)
    assert read.headers()["typ"] == "at+jwt"
    assert set(claims) == {
        *("iss", "sub", "aud", "exp", "iat", "jti", "client_id", "acr", "auth_time", "sid")
    }
    assert claims["acr"] == "password"
    began = orjson.loads(jws.extract_compact(first["access_token"].encode()).payload)
    # A refresh proves no person anew.
    assert claims["auth_time"] == began["auth_time"]
    assert claims["jti"] != began["jti"]


async def test_a_revoked_refresh_token_ends_its_log_in(gateway: Gateway) -> None:
    person = Person(gateway, COMPILER)
    tokens = await person.tokens()
    sent = {"token": tokens["refresh_token"], "client_id": person.application}
    other = await gateway.http.post("/oauth/revoke", data=sent | {"client_id": "portal"})
    assert other.json()["error"] == "unauthorized_client"
    nobody = await gateway.http.post("/oauth/revoke", data=sent | {"client_id": "unknown"})
    assert nobody.json()["error"] == "invalid_client"
    assert await calls(gateway, tokens) == 200
    assert (await gateway.http.post("/oauth/revoke", data=sent)).status_code == 200
    assert await called_until(gateway, tokens, 401)
    # Nonsense is answered like what was revoked (RFC 7009 §2.2).
    again = await gateway.http.post("/oauth/revoke", data=sent | {"token": "nonsense"})
    assert again.status_code == 200
    async with gateway.sessions() as session:
        assert await session.scalar(select(func.count(LogIn.ended_at))) == 1


async def test_a_machine_revokes_its_own_token_and_no_other(gateway: Gateway) -> None:
    mine, other = await gateway.token("tax"), await gateway.token("education")
    tax = gateway.client("tax")
    no = await gateway.http.post("/oauth/revoke", data={"token": other}, auth=tax)
    assert no.json()["error"] == "unauthorized_client"
    assert (
        await gateway.http.post("/oauth/revoke", data={"token": mine}, auth=tax)
    ).status_code == 200
    assert await called_until(gateway, {"access_token": mine}, 401)
    assert await calls(gateway, {"access_token": other}) == 200


async def test_introspection_tells_a_machine_of_its_own_tokens_only(gateway: Gateway) -> None:
    mine, other = await gateway.token("tax"), await gateway.token("education")
    tax = gateway.client("tax")

    async def ask(token: str, auth: tuple[str, str] = tax) -> dict[str, object]:
        answer = await gateway.http.post("/oauth/introspect", data={"token": token}, auth=auth)
        assert answer.status_code == 200
        return dict(answer.json())

    told = await ask(mine)
    assert told["active"] is True
    assert told["sub"] == tax[0]
    assert await ask(other) == {"active": False}
    assert await ask("nonsense") == {"active": False}
    # A resource server by setting may ask about all.
    assert (await ask(other, gateway.client("civil-affairs")))["active"] is True
    stranger = await gateway.http.post("/oauth/introspect", data={"token": mine})
    assert stranger.status_code == 401
    await gateway.http.post("/oauth/revoke", data={"token": mine}, auth=tax)
    await called_until(gateway, {"access_token": mine}, 401)
    assert await ask(mine) == {"active": False}


async def test_the_metadata_names_what_there_is(gateway: Gateway) -> None:
    told = (await gateway.http.get("/.well-known/oauth-authorization-server")).json()
    for name in ("token", "revocation", "introspection"):
        assert "private_key_jwt" in told[f"{name}_endpoint_auth_methods_supported"]
        answer = await gateway.http.post(told[f"{name}_endpoint"], data={})
        # Something is there, and it wants its form.
        assert answer.status_code == 422
    assert (await gateway.http.post(told["end_session_endpoint"])).status_code == 401
    assert "refresh_token" in told["grant_types_supported"]
    assert (await gateway.http.get(told["jwks_uri"])).json()["keys"][0]["alg"] == "ES256"


async def test_only_what_can_no_longer_be_used_is_forgotten(gateway: Gateway) -> None:
    person = Person(gateway, COMPILER)
    tokens = await person.tokens()
    await gateway.http.post("/oauth/logout", headers=bearing(await person.tokens()))

    async def rows(at: datetime) -> list[int]:
        async with gateway.sessions.begin() as session:
            await forget(session, at)
            tables = (LogIn, RefreshToken, RevokedToken, AuthorizationCode)
            return [
                await session.scalar(select(func.count()).select_from(table)) or 0
                for table in tables
            ]

    now = clock.now()
    assert await rows(now) == [2, 2, 1, 2]
    assert await calls(gateway, tokens) == 200
    assert await rows(now + timedelta(hours=1)) == [2, 2, 0, 2]
    assert await rows(now + timedelta(days=2)) == [0, 0, 0, 0]


async def test_every_gateway_process_hears_of_a_revocation_and_one_that_starts_knows_it(
    gateway: Gateway,
) -> None:
    tokens = await Person(gateway, COMPILER).tokens()
    claims = orjson.loads(jws.extract_compact(tokens["access_token"].encode()).payload)
    token = UUID(claims["jti"])
    dsn = gateway.settings.database.get_secret_value()
    running, started = Live(gateway.sessions, dsn), Live(gateway.sessions, dsn)
    async with running.following():
        await asyncio.wait_for(running.loaded.wait(), 5)
        assert not running.is_revoked(token)
        await gateway.http.post("/oauth/logout", headers=bearing(tokens))
        for _ in range(100):
            if running.is_revoked(token):
                break
            await asyncio.sleep(0.02)
        assert running.is_revoked(token)
    async with started.following():
        await asyncio.wait_for(started.loaded.wait(), 5)
        assert started.is_revoked(token)
