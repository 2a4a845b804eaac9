"""Rules and services mean the same, or the gateway is not ready and says why."""

import asyncio
from typing import Any

import pytest

from gateway.openapi import Descriptions
from gateway.permissions.agreement import differences, sentence
from gateway.rules import RULES, Rule
from gateway.upstream import Upstream
from shared.principal import Permission
from tests.gateway.conftest import Gateway

READ = Rule("GET", "/v1/things", "catalog", Permission.RESOURCE_READ)
WRITE = Rule("POST", "/v1/things", "catalog", Permission.RESOURCE_COMPILE)
OTHER = Rule("GET", "/v1/others", "audit", Permission.LOG_READ)


def described(*rules: Rule) -> dict[str, Any]:
    """The OpenAPI document of a service that has exactly these operations."""
    paths: dict[str, Any] = {}
    for rule in rules:
        operation = {"security": [{"passport": [rule.permission.value]}]}
        paths.setdefault(rule.path, {})[rule.method.lower()] = operation
    return {"paths": paths}


@pytest.mark.parametrize(
    ("documents", "found"),
    [
        ({}, []),
        ({"catalog": described(READ, WRITE)}, []),
        ({"catalog": described(READ, WRITE), "audit": described(OTHER)}, []),
        ({"catalog": described(READ)}, ["catalog: POST /v1/things is not described"]),
        (
            {"catalog": described(READ, WRITE, OTHER)},
            ["catalog: GET /v1/others has no rule"],
        ),
        (
            {"catalog": described(READ, Rule(WRITE.method, WRITE.path, "", READ.permission))},
            ["catalog: POST /v1/things needs resource:read, the rule says resource:compile"],
        ),
        (
            {"catalog": {"paths": {"/v1/things": {"get": {}, "post": {}, "parameters": []}}}},
            [
                "catalog: GET /v1/things needs nothing, the rule says resource:read",
                "catalog: POST /v1/things needs nothing, the rule says resource:compile",
            ],
        ),
        (
            {"catalog": {}},
            [
                "catalog: GET /v1/things is not described",
                "catalog: POST /v1/things is not described",
            ],
        ),
    ],
)
def test_every_contradiction_is_found(documents: dict[str, Any], found: list[str]) -> None:
    assert differences([READ, WRITE, OTHER], documents) == found


def test_the_sentence_stays_short() -> None:
    assert sentence([]) is None
    said = sentence([f"catalog: GET /v1/{n} has no rule" for n in range(40)])
    assert said is not None
    assert said.endswith("; and 35 more")
    assert len(said) < 400


async def test_the_gateway_is_not_ready_while_a_service_contradicts_the_rules(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    assert await readiness(gateway, 200) == "ready"
    gateway.behind.description = described(READ)
    said = await readiness(gateway, 503)
    assert said.startswith("rules and services contradict: ")
    assert "audit: GET /v1/log/checkpoint is not described" in said
    assert "catalog: GET /v1/things has no rule" in caplog.text
    # The rules still stand: what no rule lists does not exist, whatever a service says.
    answer = await gateway.http.get("/v1/things", headers=await gateway.bearer("tax"))
    assert answer.status_code == 404


async def test_a_service_that_is_away_keeps_what_it_said_last(gateway: Gateway) -> None:
    upstream = Upstream(gateway.settings.services["audit"], 1, 5.0)
    descriptions = Descriptions({"audit": upstream}, {}, gateway.url)
    await descriptions.refresh()
    assert not descriptions.complete
    gateway.behind.description = described(READ)
    await descriptions.refresh()
    assert descriptions.complete
    found = differences(RULES, descriptions.documents)
    assert "audit: GET /v1/things has no rule" in found
    gateway.behind.description = None
    await descriptions.refresh()
    assert differences(RULES, descriptions.documents) == found


async def readiness(gateway: Gateway, status: int) -> str:
    """What /readyz says, once it has this status."""
    for _ in range(100):
        answer = await gateway.http.get("/readyz")
        if answer.status_code == status:
            break
        await asyncio.sleep(0.1)
    assert answer.status_code == status, answer.text
    return answer.text.strip()
