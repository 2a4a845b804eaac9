"""The exchange service of one test: the application, its worker's hands, providers and grantees."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import select

from services.exchange import addresses, consumers, queries
from services.exchange.base import Outbox
from services.exchange.bell import Bell
from services.exchange.cutting import Cutter
from services.exchange.digests import field as digest_field
from services.exchange.importing import Importer
from services.exchange.queue import Queue, for_ever
from services.exchange.settings import ExchangeSettings
from services.exchange.tables.items import Item
from services.exchange.vault import Vault
from shared import clock
from shared.background import beside
from shared.db import Sessions
from shared.events.catalog import Grade, ResourcePublished, ShareType, UpdateCycle
from shared.events.gateway import DepartmentRegistered
from shared.events.requests import (
    DepartmentSuspended,
    GrantCircleChanged,
    GrantIssued,
    GrantRevoked,
    SuspensionLifted,
)
from shared.ids import new_id
from shared.narrowing import Narrowing
from shared.principal import Principal
from tests.callers import CallAs, Principals
from tests.exchange.tables import ENTERPRISES

# What comes over the wire; a test that reads it says what it expects.
Json = dict[str, Any]


@dataclass
class World:
    """One resource's provider, and whoever is granted it."""

    app: FastAPI
    settings: ExchangeSettings
    call: CallAs
    principal: Principals
    provider: Principal
    resource: UUID = field(default_factory=new_id)
    version: int = 0

    @property
    def sessions(self) -> Sessions:
        found: Sessions = self.app.state.sessions
        return found

    @property
    def vault(self) -> Vault:
        found: Vault = self.app.state.vault
        return found

    @property
    def dsn(self) -> str:
        return self.settings.database.get_secret_value()

    def queue(self, importer: Importer | None = None) -> Queue:
        """A worker's queue."""
        return Queue(self.sessions, self.vault, importer or Importer(self.vault))

    async def work(self, queue: Queue | None = None) -> int:
        """Let a worker work until nothing waits; how many batches finished."""
        finished = 0
        async with Bell(self.dsn, "batches") as bell:
            while done := await (queue or self.queue()).work(bell):
                finished += done
        return finished

    @contextlib.asynccontextmanager
    async def cutting(self) -> AsyncIterator[None]:
        """A worker cuts what is wanted, for the block."""
        cutter = Cutter(self.sessions, self.vault, Importer(self.vault))
        async with beside(for_ever(self.dsn, "cuts", cutter.work)):
            yield

    async def catalogue(self, items: Sequence[Item] = ENTERPRISES, grade: str = "ordinary") -> None:
        """The catalogue publishes the resource, or its next version."""
        self.version += 1
        event = ResourcePublished(
            at=clock.now(),
            actor="operator:catalogue",
            department=self.provider.department,
            aggregate=self.resource,
            version=self.version,
            resource=self.resource,
            resource_version=self.version,
            provider=self.provider.department,
            region="610000/610300",
            rulebook="baoji-2017",
            rulebook_version="1",
            code="1/01",
            name="企业法人登记信息",
            share_type=ShareType.CONDITIONAL,
            share_methods=[],
            grade=Grade(grade),
            update_cycle=UpdateCycle.DAILY,
            items=list(items),
        )
        named = DepartmentRegistered(
            at=clock.now(),
            actor="operator:gateway",
            department=None,
            aggregate=self.provider.department,
            version=1,
            name="示例市市场监督管理局",
            short_name="市监局",
            credit_code="11610300000000000X",
            region="610000/610300",
            parent=None,
            is_authority=False,
        )
        async with self.sessions.begin() as session:
            await consumers.on_resource_published(session, event)
            await consumers.on_department_registered(session, named)

    async def grant(
        self,
        *items: str,
        grade: str = "ordinary",
        valid_from: datetime | None = None,
        valid_until: datetime | None = None,
        narrowing: Narrowing | None = None,
        grantee: UUID | None = None,
    ) -> Principal:
        """A grant of these items to a department; the principal that acts under it."""
        grantee, grant = grantee or new_id(), new_id()
        event = GrantIssued(
            at=clock.now(),
            actor="operator:requests",
            department=self.provider.department,
            aggregate=grant,
            grant=grant,
            request=new_id(),
            resource=self.resource,
            resource_version=self.version,
            provider=self.provider.department,
            grantee=grantee,
            purpose="核对新设企业的税务登记",
            items=list(items),
            grade=grade,
            valid_from=valid_from or clock.now() - timedelta(minutes=1),
            valid_until=valid_until,
            narrowing=narrowing,
        )
        async with self.sessions.begin() as session:
            await consumers.on_grant_issued(session, event)
        return self.principal(department=grantee, grant=grant)

    async def revoke(self, holder: Principal) -> None:
        """The grant ends."""
        assert holder.grant is not None
        event = GrantRevoked(
            at=clock.now(),
            actor="operator:requests",
            department=self.provider.department,
            aggregate=holder.grant,
            version=2,
            grant=holder.grant,
            reason="用途已终止",
        )
        async with self.sessions.begin() as session:
            await consumers.on_grant_revoked(session, event)

    async def narrow(self, holder: Principal, *circle: UUID, version: int = 2) -> None:
        """Only these clients and operators may use the grant from now on."""
        assert holder.grant is not None
        event = GrantCircleChanged(
            at=clock.now(),
            actor="operator:requests",
            department=holder.department,
            aggregate=holder.grant,
            version=version,
            grant=holder.grant,
            circle=list(circle),
        )
        async with self.sessions.begin() as session:
            await consumers.on_grant_circle_changed(session, event)

    async def suspend(self, department: UUID) -> UUID:
        """A department loses the right to others' data; the suspension's id."""
        event = DepartmentSuspended(
            at=clock.now(),
            actor="operator:requests",
            department=None,
            aggregate=(suspension := new_id()),
            suspension=suspension,
            suspended=department,
            violation="outside-duties",
            reason="经通知未在期限内整改",
            notified_on=clock.now().date() - timedelta(days=30),
            rectify_by=clock.now().date() - timedelta(days=1),
            article="baoji-2017 §29",
            rulebook="baoji-2017",
            rulebook_version="1",
        )
        async with self.sessions.begin() as session:
            await consumers.on_department_suspended(session, event)
        return suspension

    async def lift(self, suspension: UUID, department: UUID) -> None:
        """The department may take again."""
        event = SuspensionLifted(
            at=clock.now(),
            actor="operator:requests",
            department=None,
            aggregate=suspension,
            version=2,
            suspension=suspension,
            suspended=department,
            since=clock.now() - timedelta(days=1),
            article="baoji-2017 §29",
            reason="已完成整改",
        )
        async with self.sessions.begin() as session:
            await consumers.on_suspension_lifted(session, event)

    async def hand_in(
        self,
        data: bytes,
        *,
        key: str = "batch-0001",
        mode: str = "snapshot",
        query: str = "",
        **headers: str,
    ) -> httpx.Response:
        """The provider hands a batch in."""
        async with self.call(self.provider) as client:
            return await client.post(
                f"/v1/resources/{self.resource}/batches",
                params={"mode": mode} | dict(parse_qsl(query)),
                headers={"Idempotency-Key": key, "Content-Type": "text/csv", **headers},
                content=data,
            )

    async def publish(
        self,
        data: bytes,
        *,
        key: str = "batch-0001",
        mode: str = "snapshot",
        query: dict[str, str] | None = None,
    ) -> Json:
        """Hand a batch in, let it be worked, and read what came of it."""
        answer = await self.hand_in(data, key=key, mode=mode, query=urlencode(query or {}))
        assert answer.status_code == 202, answer.text
        await self.work()
        return await self.batch(str(answer.json()["id"]))

    async def correct(
        self, identity: str, operation: str, body: Json | None = None, by: Principal | None = None
    ) -> httpx.Response:
        """The provider confirms, cancels or recalls a batch."""
        async with self.call(by or self.provider) as client:
            return await client.post(f"/v1/batches/{identity}/{operation}", json=body)

    async def events(self, subject: str) -> list[Json]:
        """What was said under a subject, in order."""
        async with self.sessions() as session:
            said = select(Outbox).where(Outbox.subject == subject).order_by(Outbox.sequence)
            return [event.body["data"] for event in (await session.scalars(said)).all()]

    async def batch(self, identity: str) -> Json:
        """How a batch stands, as its provider sees it."""
        async with self.call(self.provider) as client:
            answer = await client.get(f"/v1/batches/{identity}")
            assert answer.status_code == 200, answer.text
            found: Json = answer.json()
            return found

    async def ask(self, holder: Principal, operation: str, **query: str) -> httpx.Response:
        """A grantee asks for a manifest, while a worker cuts."""
        async with self.cutting(), self.call(holder) as client:
            return await client.get(f"/v1/grants/{holder.grant}/{operation}", params=query)

    async def look_up(self, holder: Principal, *keys: str | list[str]) -> httpx.Response:
        """A grantee looks keys up."""
        async with self.call(holder) as client:
            return await client.post(f"/v1/grants/{holder.grant}/lookup", json={"keys": list(keys)})

    async def opened(self, file: Json) -> bytes:
        """What an address leads to, read where the door reads it."""
        token = str(file["url"]).rpartition("/")[2]
        address = addresses.open_address(token, self.settings.door, self.vault.suite)
        async with self.sessions() as session:
            view = await queries.view(session, address.view)
        assert view is not None
        files = self.vault.files(self.vault.view(view.id), view.wrapped)
        with files.open(address.digest.hex()) as reader:
            data = reader.read_at(0, reader.size)
        assert self.vault.suite.digest(data) == address.digest
        return data

    async def fetch(self, file: Json) -> bytes:
        """A file of a manifest, as it is told there."""
        data = await self.opened(file)
        digest = digest_field(self.vault.suite, self.vault.suite.digest(data))
        assert (len(data), digest) == (file["bytes"], file["digest"])
        return data
