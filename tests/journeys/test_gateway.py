"""The gateway under load on real processes: keys rotate, clients are revoked, NATS goes away."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from gateway.keys import PUBLISHED_SECONDS, KeyFile
from shared import clock
from tests.journeys.load import Load, Site
from tests.journeys.platform import Platform, eventually
from tests.log_ins import machine_token

pytestmark = pytest.mark.servers

# How late a revocation may be where two gateways run and everything is in health, in seconds.
REVOKED_WITHIN = 2.0
KEY = "320200000000"


@pytest.fixture
def site(platform: Platform) -> Site:
    eventually(platform.is_ready)
    return Site(platform.installation)


def bearing(token: str) -> dict[str, str]:
    """The header of a call with that token."""
    return {"authorization": f"Bearer {token}"}


@pytest.fixture
async def grant(site: Site) -> UUID:
    """The grant that the main job has left."""
    token = await site.machine("tax")
    async with site.calling() as http:
        grants = (await http.get("/v1/grants", headers=bearing(token))).json()
    return UUID(next(g["id"] for g in grants["items"] if g["state"] == "active"))


async def lookups(site: Site, grant: UUID, url: str | None = None) -> Load:
    """Look-ups of one key by a machine of the grantee."""
    token = await site.machine("tax")
    path = f"/v1/grants/{grant}/lookup"
    return Load(url or site.url, path, "POST", {"keys": [KEY]}, token)


async def becomes(holds: Callable[[], Awaitable[bool]], within: float) -> float:
    """How long it took to hold, in seconds."""
    began = time.monotonic()
    while not await holds():
        assert time.monotonic() - began < within, "it did not happen in time"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


@pytest.mark.duty("D23", "baoji-2017 §4(4)")
async def test_signing_keys_rotate_under_load_and_no_valid_token_is_refused(
    site: Site, grant: UUID
) -> None:
    old = await lookups(site, grant)
    file = KeyFile(site.around.signing_key_file)
    kids = [file.ring().kid]
    async with old.by(4):
        at = clock.now()
        for _ in range(2):
            # Published, then signing: five minutes later, which the file is told have passed.
            file.rotate(at, timedelta(minutes=30))
            await asyncio.sleep(0.3)
            at += timedelta(seconds=PUBLISHED_SECONDS + 1)
            file.rotate(at, timedelta(minutes=30))
            kids.append(file.ring().kid)
            fresh = await lookups(site, grant)
            async with fresh.by(4):
                for _ in range(10):
                    fresh.token = await site.machine("tax")
                    await asyncio.sleep(0.05)
            assert set(fresh.statuses()) == {200}
        async with site.calling() as http:
            published = (await http.get("/.well-known/jwks.json")).json()["keys"]
    assert set(old.statuses()) == {200}
    assert old.broken == 0
    assert len(old.answers) > 50
    assert len(set(kids)) == 3
    assert set(kids) <= {key["kid"] for key in published}


@pytest.mark.duty("D23", "baoji-2017 §4(4)")
async def test_what_is_revoked_at_one_gateway_is_refused_at_the_other_within_the_bound(
    site: Site, grant: UUID, tmp_path: Path
) -> None:
    clerk = bearing(await site.person("tax", "tax.administrator"))
    with site.second_gateway(tmp_path / "spool") as url:
        async with site.calling() as one, site.calling(url) as other:
            body = {"name": "试点系统", "kind": "system"}
            once = {"idempotency-key": f"pilot-{time.time_ns()}"}
            made = (await one.post("/v1/clients", json=body, headers=clerk | once)).json()
            pilot = bearing(await machine_token(one, made["id"], made["secret"]))

            async def answered(status: int) -> bool:
                return (await other.get("/v1/me", headers=pilot)).status_code == status

            await becomes(partial(answered, 200), 5)
            gone = await one.post(f"/v1/clients/{made['id']}/revoke", headers=clerk)
            assert gone.status_code == 200
            assert await becomes(partial(answered, 401), 10) < REVOKED_WITHIN
            # And it stays so.
            assert all([await answered(401) for _ in range(20)])


def pid_of(platform: Platform, name: str) -> int:
    """The process that the supervisor runs under that name now."""
    found = platform.children()[name].pid
    assert found is not None
    return found


@pytest.mark.duty("D24", "baoji-2017 §21")
async def test_while_nats_is_away_work_goes_on_to_the_bound_and_the_log_is_true_afterwards(
    platform: Platform, site: Site, grant: UUID, tmp_path: Path
) -> None:
    """The server is frozen: connections stand, nothing is acknowledged, and what was sent into
    the silence arrives when it thaws."""
    nats = pid_of(platform, "nats")
    with site.second_gateway(tmp_path / "spool", spool_seconds="4") as url:
        load = await lookups(site, grant, url)
        profile = Load(url, "/v1/me", "GET", None, load.token)
        async with load.by(6):
            await asyncio.sleep(1)
            before = len(load.answers)
            os.kill(nats, signal.SIGSTOP)
            try:
                # The first wait for an acknowledgement that does not come; then the spool.
                await becomes(lambda: _came(load, before + 20, 200), 15)
                await becomes(lambda: _came(load, before, 503), 30)
                async with site.calling(url) as http:
                    answer = await profile.once(http)
                    assert answer is not None
                    assert answer.status == 200
            finally:
                os.kill(nats, signal.SIGCONT)
            refused = len(load.answers)
            await becomes(lambda: _came(load, refused, 200), 40)
            await asyncio.sleep(1)
        codes = {answer.code for answer in load.answers if answer.status == 503}
        # On a slow machine the outage outlasts the lease too: whether grants hold is not heard.
        assert codes - {"grants-stale"} == {"record-unavailable"}
        assert set(load.statuses()) == {200, 503}
        log = await site.log_with(load)
    contradictions = log.contradictions(load)
    assert not contradictions, "\n".join(contradictions[:10])
    eventually(platform.is_ready)
    verified = await asyncio.to_thread(site.verify)
    assert verified.returncode == 0, verified.stdout + verified.stderr


async def _came(load: Load, after: int, status: int) -> bool:
    """Whether such an answer came after that many."""
    return any(answer.status == status for answer in load.answers[after:])


async def _kill(platform: Platform, name: str) -> None:
    """Kill it as a crash would, and wait until the supervisor has started it again."""
    restarts = platform.children()[name].restarts
    os.kill(pid_of(platform, name), signal.SIGKILL)
    await asyncio.to_thread(eventually, lambda: platform.children()[name].restarts > restarts)


@pytest.mark.duty("D24", "baoji-2017 §21")
@pytest.mark.parametrize("victim", ["gateway", "nats"])
async def test_a_kill_under_load_loses_no_record_and_makes_none_up(
    platform: Platform, site: Site, grant: UUID, victim: str
) -> None:
    load = await lookups(site, grant)
    async with load.by(6):
        for _ in range(2):
            await asyncio.sleep(0.7)
            await _kill(platform, victim)
            reached = len(load.answers)
            await becomes(partial(_came, load, reached, 200), 40)
    unexpected: dict[Any, int] = {s: n for s, n in load.statuses().items() if s not in (200, 503)}
    assert unexpected == {}
    log = await site.log_with(load)
    contradictions = log.contradictions(load)
    assert not contradictions, "\n".join(contradictions[:10])
    eventually(platform.is_ready)
    verified = await asyncio.to_thread(site.verify)
    assert verified.returncode == 0, verified.stdout + verified.stderr
