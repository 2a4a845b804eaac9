"""What the tests of requests stand on: the service over a fresh database, and things to ask for."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import select

from services.requests.base import Outbox
from services.requests.consumers import on_resource_published, on_resource_withdrawn
from shared import db
from shared.events.catalog import (
    Grade,
    ItemType,
    PublishedItem,
    ResourcePublished,
    ResourceWithdrawn,
    Secrecy,
    ShareMethod,
    ShareType,
    UpdateCycle,
)
from shared.ids import new_id
from shared.principal import Principal
from tests.callers import CallAs

REGION = "610000/610300"
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # nine in the morning in Shanghai
DUTY = "《税收征收管理法》第六条：信息共享"
PURPOSE = "核对新设企业的税务登记"

Json = dict[str, Any]  # the edge: what an answer says


def published(
    *,
    provider: UUID,
    share_type: ShareType = ShareType.CONDITIONAL,
    grade: Grade = Grade.ORDINARY,
    region: str = REGION,
    resource: UUID | None = None,
    version: int = 1,
    resource_version: int = 1,
    secret_items: Sequence[str] = (),
    items: Sequence[str] = ("uscc", "name", "phone"),
) -> ResourcePublished:
    """What the catalogue says when it publishes a resource."""
    aggregate = resource or new_id()
    return ResourcePublished(
        at=MONDAY,
        actor="operator:catalogue",
        department=provider,
        aggregate=aggregate,
        version=version,
        resource=aggregate,
        resource_version=resource_version,
        provider=provider,
        region=region,
        rulebook="baoji-2017",
        rulebook_version="1",
        code="307/000001",
        name="企业法人登记信息",
        share_type=share_type,
        share_condition=None,
        share_methods=[ShareMethod.DATABASE],
        grade=grade,
        update_cycle=UpdateCycle.DAILY,
        items=[
            PublishedItem(
                code=code,
                name=code,
                type=ItemType.CHARACTER,
                share_type=share_type,
                secrecy=Secrecy.PRIVACY if code in secret_items else Secrecy.NONE,
            )
            for code in items
        ],
    )


def withdrawn(event: ResourcePublished) -> ResourceWithdrawn:
    """What the catalogue says when that resource leaves it."""
    return ResourceWithdrawn(
        at=MONDAY,
        actor="operator:catalogue",
        department=event.provider,
        aggregate=event.resource,
        version=event.version + 1,
        resource=event.resource,
        resource_version=event.resource_version,
        provider=event.provider,
        region=event.region,
        rulebook="baoji-2017",
        rulebook_version="1",
        published=event.resource_version,
    )


@dataclass
class World:
    """The service of one test, and who calls it."""

    app: FastAPI
    call: CallAs
    sessions: db.Sessions
    tax: Principal
    market: Principal
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    def as_(self, caller: Principal | None) -> httpx.AsyncClient:
        """A client that speaks as `caller`, or as nobody the gateway knows."""
        client = self.call(caller)
        self._clients.append(client)
        return client

    async def publish(self, event: ResourcePublished) -> UUID:
        """Let the service hear of a resource; returns its id."""
        async with self.sessions.begin() as session:
            await on_resource_published(session, event)
        return event.resource

    async def withdraw_resource(self, event: ResourcePublished) -> None:
        """Let the service hear that the resource left the catalogue."""
        async with self.sessions.begin() as session:
            await on_resource_withdrawn(session, withdrawn(event))

    async def resource(self, share_type: ShareType = ShareType.CONDITIONAL) -> UUID:
        """A resource of the market department."""
        event = published(provider=self.market.department, share_type=share_type)
        return await self.publish(event)

    async def ask(
        self,
        resource: UUID,
        *,
        by: Principal | None = None,
        key: str | None = None,
        purpose: str = PURPOSE,
        items: Sequence[str] = ("uscc", "name"),
    ) -> httpx.Response:
        """Submit a request, as the tax department where nobody else is named."""
        return await self.as_(by or self.tax).post(
            "/v1/requests",
            headers={"Idempotency-Key": key or f"key-{new_id()}"},
            json={
                "resource": str(resource),
                "duty": DUTY,
                "purpose": purpose,
                "items": list(items),
            },
        )

    async def open_request(self) -> str:
        """The id of a request that waits for the market department."""
        return str(told(await self.ask(await self.resource()), 201)["id"])

    async def approve(
        self, request: str, by: Principal | None = None, **terms: object
    ) -> httpx.Response:
        """Approve a request, as the market department where nobody else is named."""
        client = self.as_(by or self.market)
        return await client.post(f"/v1/requests/{request}/approve", json=terms)

    async def refuse(
        self, request: str, by: Principal | None = None, **why: object
    ) -> httpx.Response:
        """Refuse a request, as the market department where nobody else is named."""
        client = self.as_(by or self.market)
        return await client.post(f"/v1/requests/{request}/refuse", json=why)

    async def read(self, request: str, by: Principal | None = None) -> Json:
        """One request as the tax department sees it, or another caller."""
        return told(await self.as_(by or self.tax).get(f"/v1/requests/{request}"), 200)

    async def said(self) -> list[Json]:
        """The events in the outbox, in order, as CloudEvents."""
        async with self.sessions() as session:
            return list((await session.scalars(select(Outbox.body).order_by(Outbox.id))).all())

    async def subjects(self) -> list[str]:
        """The subjects of the events in the outbox, in order."""
        return [event["type"] for event in await self.said()]

    async def close(self) -> None:
        """Close the clients."""
        for client in self._clients:
            await client.aclose()


MakeWorld = Callable[..., Awaitable[World]]


def told(response: httpx.Response, status: int) -> Json:
    """The body of an answer that must have this status."""
    assert response.status_code == status, response.text
    found: Json = response.json()
    return found


def refused(response: httpx.Response, status: int, code: str) -> Json:
    """The problem document of a refusal of this status and code."""
    problem = told(response, status)
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["code"] == code, problem
    return problem
