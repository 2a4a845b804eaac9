"""Limits over a real gateway: who sets them, what an answer says, what outlives a restart."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from gateway.limits.counting import Counting, forget
from gateway.limits.quotas import Quotas
from gateway.live import LiveGrant
from gateway.models import GrantUsage, Outbox
from shared import clock
from shared.ids import new_id
from tests.gateway.conftest import Gateway
from tests.gateway.logging_in import log_in, log_in_to_platform
from tests.gateway.test_door import records


async def put(
    gateway: Gateway,
    headers: dict[str, str],
    client: str,
    rate: tuple[int, int] | None,
    if_match: str | None = "*",
) -> httpx.Response:
    """Set a machine's rate, and the moment until every process knows."""
    body = {"rate": {"requests": rate[0], "seconds": rate[1]} if rate else None}
    sent = headers if if_match is None else headers | {"if-match": if_match}
    answer = await gateway.http.put(f"/v1/clients/{client}/limits", json=body, headers=sent)
    await asyncio.sleep(0.2)
    return answer


async def test_a_machine_that_is_too_fast_is_refused_until_its_time_and_others_go_on(
    gateway: Gateway,
) -> None:
    machine, _ = gateway.client("tax")
    system = await log_in_to_platform(gateway, "platform.system")
    headers = await gateway.bearer("tax")
    assert (await put(gateway, system, machine, (3, 600))).status_code == 200
    answers = await asyncio.gather(
        *[gateway.http.get("/v1/me", headers=headers) for _ in range(5)],
        *[gateway.http.get("/v1/unlisted", headers=headers) for _ in range(5)],
    )
    assert sorted(a.status_code for a in answers)[-7:] == [429] * 7
    refused = next(a for a in answers if a.status_code == 429)
    assert refused.json()["code"] == "rate-exceeded"
    assert refused.headers["ratelimit-policy"] == '"caller";q=3;w=600'
    assert refused.headers["ratelimit"].startswith('"caller";r=0;t=')
    assert int(refused.headers["retry-after"]) in range(190, 201)
    assert refused.headers["x-huitong-fault"] == "caller"
    other = await gateway.bearer("tax", "front-end-machine")
    passed = await gateway.http.get("/v1/me", headers=other)
    assert (passed.status_code, passed.headers["ratelimit-policy"]) == (200, '"caller";q=1000;w=10')
    assert (await put(gateway, system, machine, None)).status_code == 200
    assert (await gateway.http.get("/v1/me", headers=headers)).status_code == 200


async def test_who_is_limited_does_not_set_its_own_limits(gateway: Gateway) -> None:
    machine, _ = gateway.client("tax")
    path = f"/v1/clients/{machine}/limits"
    own = await log_in(gateway, "tax.administrator")
    found = await gateway.http.get(path, headers=own)
    assert found.json()["usual"] == {"requests": 1000, "seconds": 10}
    assert (found.json()["rate"], found.headers["etag"]) == (None, '"0"')
    assert (await put(gateway, own, machine, (9, 1))).status_code == 403
    stranger = await log_in(gateway, "education.administrator")
    assert (await gateway.http.get(path, headers=stranger)).status_code == 404
    assert (await gateway.http.get(path)).status_code == 401
    system = await log_in_to_platform(gateway, "platform.system")
    assert (await put(gateway, system, machine, (9, 1), None)).status_code == 428
    assert (await put(gateway, system, machine, (9, 1), '"4"')).status_code == 412
    assert (await put(gateway, system, machine, (0, 1))).status_code == 422
    done = await put(gateway, system, machine, (9, 1), '"0"')
    assert (done.status_code, done.headers["etag"]) == (200, '"1"')
    assert (await put(gateway, system, str(new_id()), (9, 1))).status_code == 404
    async with gateway.sessions() as session:
        said = list(await session.scalars(select(Outbox.body)))
    (change,) = [e for e in said if e["type"] == "gateway.client-limits-changed.v1"]
    assert (change["data"]["requests"], change["data"]["seconds"]) == (9, 1)


@pytest.mark.duty("D16", "baoji-2017 §18")
async def test_a_quota_ends_at_midnight_and_each_refusal_beyond_it_is_on_record(
    gateway: Gateway,
) -> None:
    noon = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    path = f"/v1/grants/{await gateway.grant('tax', calls_per_day=2)}/changes"
    with clock.turn(noon):
        await gateway.beat()
        headers = await gateway.bearer("tax")
        # The clock was thrown to another day: what was used on it is asked first.
        await asyncio.sleep(2.2)
        first = await gateway.http.get(path, headers=headers)
        assert first.headers.get_list("ratelimit")[1].startswith('"grant-calls";r=1;t=431')
        answers = await asyncio.gather(*[gateway.http.get(path, headers=headers) for _ in range(6)])
        assert sorted(a.status_code for a in answers) == [200] + [429] * 5
        refused = next(a for a in answers if a.status_code == 429)
        assert refused.json()["code"] == "grant-quota-exceeded"
        assert 43100 < int(refused.headers["retry-after"]) <= 43200
    kept = [r for r in await records(gateway, 12) if r["reason"] == "grant-quota-exceeded"]
    assert [(r["decision"], r["status"]) for r in kept] == [("refused", 429)] * 5
    with clock.turn(noon + timedelta(hours=12)):
        await gateway.beat()
        headers = await gateway.bearer("tax")
        await asyncio.sleep(2.2)
        assert (await gateway.http.get(path, headers=headers)).status_code == 200


async def test_both_sides_see_what_was_used_and_a_stranger_sees_no_grant(gateway: Gateway) -> None:
    grant = await gateway.grant("tax", calls_per_day=10, keys_per_day=50)
    headers = await gateway.bearer("tax")
    for _ in range(3):
        await gateway.http.get(f"/v1/grants/{grant}/changes", headers=headers)
    path = f"/v1/grants/{grant}/usage"
    shown = (await gateway.http.get(path, headers=headers)).json()
    assert (shown["calls_left"], shown["keys_left"]) == (7, 50)
    assert shown["days"][0] == {
        "day": str(clock.local_date(clock.now(), "Asia/Shanghai")),
        "calls": 3,
        "keys": 0,
    }
    provider = await gateway.bearer("civil-affairs")
    assert (await gateway.http.get(path, headers=provider)).json()["calls_left"] == 7
    stranger = await gateway.bearer("education")
    assert (await gateway.http.get(path, headers=stranger)).status_code == 404
    unknown = f"/v1/grants/{new_id()}/usage"
    assert (await gateway.http.get(unknown, headers=headers)).status_code == 404


async def test_what_was_used_outlives_a_gateway_and_is_shared_between_two(
    gateway: Gateway,
) -> None:
    at = clock.now()
    grant = LiveGrant(
        id=new_id(),
        resource=new_id(),
        grantee=new_id(),
        purpose="核验",
        grade="ordinary",
        valid_from=at,
        valid_until=None,
        revoked=False,
        calls_per_day=10,
    )
    here, there = (Quotas("Asia/Shanghai") for _ in range(2))
    async with (
        Counting(here, gateway.sessions, 0.05).running(),
        Counting(there, gateway.sessions, 0.05).running(),
    ):
        for _ in range(4):
            assert here.call(grant, at, []) is None
            assert there.call(grant, at, []) is None
        await asyncio.sleep(0.4)
        assert here.today(at).use(grant.id).all_calls == 8
        assert there.call(grant, at, []) is None
        await asyncio.sleep(0.4)
        assert here.call(grant, at, []) is None
        await asyncio.sleep(0.4)
        assert [q.call(grant, at, []) is None for q in (here, there)] == [False, False]
    # A new life knows it before it admits anybody.
    after = Quotas("Asia/Shanghai")
    async with Counting(after, gateway.sessions, 60).running():
        assert after.today(at).use(grant.id).all_calls == 10
        assert after.call(grant, at, []) is not None
    async with gateway.sessions() as session:
        kept = await session.scalars(select(GrantUsage.calls).where(GrantUsage.grant == grant.id))
        assert sorted(kept) == [5, 5]


async def test_what_was_used_long_ago_is_forgotten(gateway: Gateway) -> None:
    at = clock.now()
    async with gateway.sessions.begin() as session:
        for days in (0, 30, 399, 402):
            day = (at - timedelta(days=days)).date()
            session.add(GrantUsage(grant=new_id(), day=day, source=new_id(), calls=1, keys=0))
        await session.flush()
        await forget(session, at)
    async with gateway.sessions() as session:
        kept = await session.scalars(select(GrantUsage.day))
        assert min(kept) == (at - timedelta(days=399)).date()


async def test_a_look_up_gives_back_the_keys_that_it_did_not_ask_for(gateway: Gateway) -> None:
    grant: UUID = await gateway.grant("tax", keys_per_day=7)
    path, headers = f"/v1/grants/{grant}/lookup", await gateway.bearer("tax")
    gateway.behind.keys_count = 3
    for left in (7, 4):
        answer = await gateway.http.post(path, json={"keys": ["a", "b", "c"]}, headers=headers)
        assert answer.status_code == 200
        assert answer.headers.get_list("ratelimit")[1].startswith(f'"grant-keys";r={left};')
        assert "x-huitong-keys-count" not in answer.headers
        bound = gateway.behind.seen[-1].keys_left
        assert bound is not None
        assert 3 <= bound <= left
    gateway.behind.keys_count = 1
    assert (await gateway.http.post(path, json={"keys": ["d"]}, headers=headers)).status_code == 200
    assert gateway.behind.seen[-1].keys_left == 1
    refused = await gateway.http.post(path, json={"keys": ["e"]}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (429, "grant-quota-exceeded")
