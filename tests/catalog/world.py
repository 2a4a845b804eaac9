"""What the tests of the catalogue stand on: departments, people, and entries that pass."""

from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import select

from services.catalog.base import Outbox
from services.catalog.changes import effects
from services.catalog.consumers import on_department_registered
from services.catalog.examples import DIVISIONS, LEGAL_ENTITIES, PENALTIES
from services.catalog.installation import Installation
from shared import clock, db
from shared.events.gateway import DepartmentRegistered
from shared.ids import new_id
from shared.principal import Principal
from tests.callers import CallAs, Principals

CITY = "610000/610300"
COUNTY = f"{CITY}/610323"
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # nine in the morning in Shanghai
CREDIT_CODE = "116103000160043212"

Json = dict[str, Any]  # the edge: what is sent and what an answer says


def registered(
    department: UUID,
    name: str = "示例市市场监督管理局",
    *,
    short_name: str = "市场监管局",
    region: str = CITY,
    credit_code: str = CREDIT_CODE,
    version: int = 1,
) -> DepartmentRegistered:
    """What the gateway says when it registers a department."""
    return DepartmentRegistered(
        at=MONDAY,
        actor="operator:gateway",
        department=department,
        aggregate=department,
        version=version,
        name=name,
        short_name=short_name,
        credit_code=credit_code,
        region=region,
        parent=None,
        is_authority=False,
    )


def entry(base: Any = LEGAL_ENTITIES, **changes: object) -> Json:
    """An entry as the API takes it: the legal entities, with these fields otherwise."""
    found: Json = deepcopy(base)
    return {**found, **changes}


def divisions(**changes: object) -> Json:
    """The administrative divisions, with these fields otherwise."""
    return entry(DIVISIONS, **changes)


def penalties(**changes: object) -> Json:
    """An entry that is not shared, with its legal basis."""
    return entry(PENALTIES, **changes)


@dataclass(slots=True, kw_only=True)
class World:
    """The service, the people of one department, its authority and a stranger.

    `guardian` is the department's security officer, who reviews for secrets.
    """

    app: FastAPI
    call: CallAs
    compiler: Principal
    reviewer: Principal
    guardian: Principal
    publisher: Principal
    stranger: Principal
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    def as_(self, caller: Principal | None) -> httpx.AsyncClient:
        """A client that speaks as `caller`."""
        client = self.call(caller)
        self._clients.append(client)
        return client

    @property
    def sessions(self) -> db.Sessions:
        """Sessions over the catalogue's database."""
        found: db.Sessions = self.app.state.sessions
        return found

    async def hear(self, event: DepartmentRegistered) -> None:
        """Let the catalogue hear of a department."""
        async with self.sessions.begin() as session:
            await on_department_registered(session, event)

    async def compile(
        self, body: Json | None = None, by: Principal | None = None, key: str | None = None
    ) -> httpx.Response:
        """Begin a resource, as the compiler where nobody else is named."""
        return await self.as_(by or self.compiler).post(
            "/v1/resources",
            json=entry() if body is None else body,
            headers={"Idempotency-Key": key or f"key-{new_id()}"},
        )

    async def draft(self, body: Json | None = None) -> str:
        """The id of a new draft."""
        return str(told(await self.compile(body), 201)["id"])

    async def take(
        self, resource: str, step: str, by: Principal, body: Json | None = None, **headers: str
    ) -> httpx.Response:
        """Take a step with a resource."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        path = f"/v1/resources/{resource}/{step}"
        return await self.as_(by).post(path, json=body, headers=named)

    async def submit(self, resource: str, by: Principal | None = None) -> httpx.Response:
        """Submit a draft."""
        return await self.take(resource, "submit", by or self.compiler)

    async def review(
        self,
        resource: str,
        decision: str = "pass",
        by: Principal | None = None,
        remarks: str | None = None,
    ) -> httpx.Response:
        """Review a submitted entry."""
        body = {"decision": decision, "remarks": remarks}
        return await self.take(resource, "review", by or self.reviewer, body)

    async def review_secrecy(
        self,
        resource: str,
        decision: str = "pass",
        by: Principal | None = None,
        found: list[str] | None = None,
        remarks: str | None = None,
    ) -> httpx.Response:
        """Review an entry for secrets; who names no find has found what the entry states."""
        if found is None:
            stated = (await self.read(resource)).json()
            kinds = {stated["secrecy"], *(item["secrecy"] for item in stated["items"])}
            found = sorted(kinds - {"none"})
        body = {"decision": decision, "found": found, "remarks": remarks}
        return await self.take(resource, "secrecy-review", by or self.guardian, body)

    async def publish(
        self,
        resource: str,
        by: Principal | None = None,
        remarks: str | None = None,
        on: str | None = None,
    ) -> httpx.Response:
        """Publish a cleared entry, on a day where one is named."""
        body = {"remarks": remarks, "effective_on": on}
        return await self.take(resource, "publish", by or self.publisher, body)

    async def withdraw(
        self, resource: str, by: Principal | None = None, **otherwise: object
    ) -> httpx.Response:
        """Withdraw a resource."""
        body: Json = {"remarks": "职能调整", **otherwise}
        return await self.take(resource, "withdraw", by or self.compiler, body)

    async def changes(self, by: Principal | None = None, **narrowed: str) -> list[Json]:
        """The changes of the catalogue that somebody sees."""
        path = "/v1/catalogue-changes"
        client = self.as_(by or self.compiler)
        found: list[Json] = told(await client.get(path, params=narrowed), 200)["items"]
        return found

    async def come_about(self) -> int:
        """Let the changes whose day has come take effect, as the worker does."""
        here: Installation = self.app.state.installation
        return await effects.take(self.sessions, here, clock.now())

    async def submitted(self, body: Json | None = None) -> str:
        """The id of an entry that waits for its reviewer."""
        resource = await self.draft(body)
        told(await self.submit(resource), 200)
        return resource

    async def reviewed(self, body: Json | None = None) -> str:
        """The id of an entry that waits for the secrecy review."""
        resource = await self.submitted(body)
        told(await self.review(resource), 200)
        return resource

    async def cleared(self, body: Json | None = None) -> str:
        """The id of an entry that waits for the authority."""
        resource = await self.reviewed(body)
        told(await self.review_secrecy(resource), 200)
        return resource

    async def published(self, body: Json | None = None) -> str:
        """The id of a resource in the catalogue."""
        resource = await self.cleared(body)
        told(await self.publish(resource), 200)
        return resource

    async def read(self, resource: str, by: Principal | None = None) -> httpx.Response:
        """Read a resource, as the compiler where nobody else is named."""
        return await self.as_(by or self.compiler).get(f"/v1/resources/{resource}")

    async def rewrite(
        self, resource: str, body: Json, etag: str | None, by: Principal | None = None
    ) -> httpx.Response:
        """Replace the content of a resource."""
        headers = {} if etag is None else {"If-Match": etag}
        client = self.as_(by or self.compiler)
        return await client.put(f"/v1/resources/{resource}", json=body, headers=headers)

    async def change(self, resource: str, body: Json) -> Json:
        """Replace the content of a resource that was just read."""
        etag = (await self.read(resource)).headers["ETag"]
        return told(await self.rewrite(resource, body, etag), 200)

    async def listing(self, by: Principal | None = None, **narrowed: object) -> Json:
        """A page of the list of resources."""
        params = {name: str(value) for name, value in narrowed.items()}
        return told(await self.as_(by or self.compiler).get("/v1/resources", params=params), 200)

    async def names(self, by: Principal | None = None, **narrowed: object) -> list[str]:
        """The names on a page of the list."""
        return [found["name"] for found in (await self.listing(by, **narrowed))["items"]]

    async def said(self) -> list[Json]:
        """The events in the outbox, in order, as CloudEvents."""
        async with self.sessions() as session:
            return list((await session.scalars(select(Outbox.body).order_by(Outbox.id))).all())

    async def close(self) -> None:
        """Close the clients."""
        for client in self._clients:
            await client.aclose()


MakeWorld = Callable[..., Awaitable[World]]


def peopled(app: FastAPI, call: CallAs, principal: Principals) -> World:
    """The world of a test: three people of one department, one of its authority, a stranger."""
    department = new_id()
    return World(
        app=app,
        call=call,
        compiler=principal(department=department, region=CITY),
        reviewer=principal(department=department, region=CITY),
        guardian=principal(department=department, region=CITY),
        publisher=principal(region=CITY, authority=CITY),
        stranger=principal(region=CITY),
    )


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
