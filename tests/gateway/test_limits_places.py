"""Places between departments, over a real gateway whose service is slow."""

import asyncio

import httpx

from tests.gateway.conftest import Gateway


async def test_a_department_that_fills_the_platform_does_not_shut_another_out(
    gateway: Gateway,
) -> None:
    """One sends as many calls at once as may wait; another's three go past its queue."""
    gateway.behind.pause = 0.5
    busy, quiet = await gateway.bearer("tax"), await gateway.bearer("education")
    path = "/v1/resources/0197c1ee-1f00-7c11-9b00-0242ac120002/batches"
    limits = httpx.Limits(max_connections=400)
    async with httpx.AsyncClient(base_url=gateway.url, limits=limits, timeout=60) as many:
        crowd = [asyncio.create_task(many.get(path, headers=busy)) for _ in range(250)]
        for _ in range(500):
            if len(gateway.behind.seen) >= 48:
                break
            await asyncio.sleep(0.02)
        answers = await asyncio.gather(*[many.get(path, headers=quiet) for _ in range(3)])
        waiting = sum(not call.done() for call in crowd)
        done = await asyncio.gather(*crowd)
    assert [a.status_code for a in answers] == [200] * 3
    assert waiting > 50
    assert {a.status_code for a in done} == {200}
