"""Exchange that does not go over the platform: filed and counted, or moved to it."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from services.exchange import consumers
from services.exchange.app import create_app
from services.exchange.base import Outbox
from services.exchange.jurisdiction import Jurisdiction
from services.exchange.models import Resource
from services.exchange.outside import clocks, successions
from services.exchange.settings import ExchangeSettings
from shared import clock
from shared.db import Sessions
from shared.events.catalog import Grade
from shared.events.gateway import DepartmentRegistered, DepartmentSucceeded, SuccessionKind
from shared.ids import new_id
from shared.principal import Permission, Principal
from tests.callers import CallAs, Principals
from tests.exchange.world import Json
from tests.told import SettingsFor

FILINGS, OLDER = "/v1/off-platform-exchanges", "/v1/older-exchanges"
FILING: Json = {
    "name": "车辆登记信息专线交换",
    "information": "机动车登记状态",
    "other_partners": ["省级垂直管理部门"],
    "direction": "takes",
    "way": "专线，每日导出文件",
    "since": "2024-03-01",
    "reason": "对方系统由省级统一管理",
}
MOVED: Json = {
    **{name: value for name, value in FILING.items() if name != "reason"},
    "system": "前置文件交换系统",
}


@contextlib.contextmanager
def on(day: str) -> Iterator[datetime]:
    """Ten in the morning of a day, in Shanghai."""
    at = datetime.fromisoformat(day).replace(hour=2, tzinfo=UTC)
    with clock.turn(at):
        yield at


@dataclass
class Office:
    """One installation with two departments and their authority."""

    app: FastAPI
    call: CallAs
    mine: Principal
    partner: Principal
    stranger: Principal
    authority: Principal
    keys: Iterator[int] = field(default_factory=lambda: iter(range(1000)))

    @property
    def sessions(self) -> Sessions:
        found: Sessions = self.app.state.sessions
        return found

    async def send(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        by: Principal | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        sent = {"Idempotency-Key": f"key-{next(self.keys):05}", **(headers or {})}
        async with self.call(by or self.mine) as client:
            return await client.request(method, path, json=body, headers=sent)

    async def told(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        by: Principal | None = None,
        headers: dict[str, str] | None = None,
    ) -> Json:
        answer = await self.send(method, path, body, by, headers=headers)
        assert answer.is_success, answer.text
        found: Json = answer.json()
        return found

    async def refused(
        self,
        code: str,
        method: str,
        path: str,
        body: Json | None = None,
        by: Principal | None = None,
    ) -> Json:
        answer = await self.send(method, path, body, by)
        problem: Json = answer.json()
        assert (answer.is_client_error, problem["code"]) == (True, code), answer.text
        return problem

    async def strike(self) -> int:
        here: Jurisdiction = self.app.state.jurisdiction
        return await clocks.strike(self.sessions, here, clock.now())

    async def said(self) -> list[str]:
        async with self.sessions() as session:
            statement = select(Outbox.subject).order_by(Outbox.id)
            return [s.split(".")[1] for s in (await session.scalars(statement)).all()]


@pytest.fixture
async def office(
    settings_for: SettingsFor,
    principal: Principals,
    call: Callable[[FastAPI], CallAs],
    rulebook: str,
) -> AsyncIterator[Office]:
    settings = settings_for("exchange", rulebook=rulebook)
    assert isinstance(settings, ExchangeSettings)
    app = create_app(settings)
    mine, partner, stranger = principal(), principal(), principal()
    authority = principal(authority="610000/610300")
    async with app.router.lifespan_context(app):
        made = Office(app, call(app), mine, partner, stranger, authority)
        async with made.sessions.begin() as session:
            for one in (mine, partner):
                await consumers.on_department_registered(session, named(one.department))
        yield made


def named(department: UUID) -> DepartmentRegistered:
    return DepartmentRegistered(
        at=clock.now(),
        actor="operator:gateway",
        department=None,
        aggregate=department,
        name="示例市公安局",
        short_name="公安局",
        credit_code="11610300000000000X",
        region="610000/610300",
        parent=None,
        is_authority=False,
    )


@pytest.mark.duty("D22", "jiangsu-2012 §14")
@pytest.mark.parametrize("rulebook", ["yixing-2016"])
async def test_what_goes_outside_the_platform_is_filed_taken_on_record_and_counted(
    office: Office,
) -> None:
    with on("2026-03-02"):
        filed = await office.told(
            "POST", FILINGS, {**FILING, "partners": [str(office.partner.department)]}
        )
        at = f"{FILINGS}/{filed['id']}"
        assert (filed["state"], filed["article"]) == ("filed", "jiangsu-2012 §14")
        # Ten working days after the end of March: 5 and 6 April are Qingming's.
        assert (filed["next_period"], filed["due_on"]) == ("2026-01", "2026-04-15")
        assert (await office.send("GET", at, by=office.partner)).status_code == 200
        assert (await office.send("GET", at, by=office.stranger)).status_code == 404
        decision = {"decision": "return", "remarks": "请写明接入计划"}
        await office.refused("off-platform-not-the-authority", "POST", f"{at}/record", decision)
        returned = await office.told("POST", f"{at}/record", decision, office.authority)
        assert (returned["state"], returned["remarks"]) == ("returned", "请写明接入计划")
        again = {**FILING, "reason": "对方系统由省级统一管理，计划明年接入"}
        await office.refused("off-platform-not-yours", "PUT", at, again, office.authority)
        await office.refused("exchange-if-match-missing", "PUT", at, again)
        stale = await office.send("PUT", at, again, headers={"If-Match": '"1"'})
        assert stale.json()["code"] == "exchange-changed"
        await office.told("PUT", at, again, headers={"If-Match": '"2"'})
        recorded = await office.told(
            "POST", f"{at}/record", {"decision": "record"}, office.authority
        )
        assert recorded["state"] == "recorded"
        first = {"times": 61, "rows": 120_000}
        await office.refused("off-platform-period-unfit", "PUT", f"{at}/statistics/2026-01", first)
    with on("2026-04-08"):
        assert (await office.strike(), await office.strike()) == (1, 0)
    with on("2026-04-16"):
        assert (await office.strike(), await office.strike()) == (1, 0)
        (late,) = (await office.told("GET", f"{FILINGS}?overdue=true", None, office.authority))[
            "items"
        ]
        assert late["id"] == filed["id"]
        handed = await office.told("PUT", f"{at}/statistics/2026-01", first)
        assert (handed["late"], handed["due_on"]) == (True, "2026-04-15")
        await office.refused("exchange-if-match-missing", "PUT", f"{at}/statistics/2026-01", first)
        right = {"times": 62, "rows": 121_000}
        corrected = await office.send(
            "PUT", f"{at}/statistics/2026-01", right, headers={"If-Match": '"1"'}
        )
        assert (corrected.status_code, corrected.json()["rows"]) == (200, 121_000)
        after = await office.told("GET", at)
        assert (after["next_period"], after["due_on"], after["overdue"]) == (
            "2026-04",
            "2026-07-14",
            False,
        )
        (figures,) = (
            await office.told(
                "GET", "/v1/off-platform-statistics?year=2026", None, office.authority
            )
        )["items"]
        assert (figures["name"], figures["times"], figures["rows"]) == ("示例市公安局", 62, 121_000)
        assert (figures["exchanges"], figures["reports"], figures["late"]) == (1, 1, 1)
        none = await office.told(
            "GET", "/v1/off-platform-statistics?year=2026", None, office.stranger
        )
        assert none["items"] == []
    with on("2026-05-06"):
        ended = await office.told(
            "POST", f"{at}/end", {"ended_on": "2026-04-30", "reason": "已改由共享平台交换"}
        )
        assert (ended["state"], ended["next_period"]) == ("ended", "2026-04")
        await office.told("PUT", f"{at}/statistics/2026-04", {"times": 20, "rows": 9})
        assert (await office.told("GET", at))["due_on"] is None
    steps = (await office.told("GET", f"{at}/history"))["items"]
    assert [step["act"] for step in steps] == [
        "filed",
        "returned",
        "amended",
        "recorded",
        "reported",
        "reported",
        "ended",
        "reported",
    ]
    assert [
        s for s in await office.said() if s in ("off-platform-reminded", "off-platform-overdue")
    ]
    assert (await office.said())[0] == "off-platform-filed"


@pytest.mark.parametrize("rulebook", ["yixing-2016"])
async def test_the_same_key_files_once_and_partners_are_other_departments(office: Office) -> None:
    same = {"Idempotency-Key": "filing-2026-1"}
    one = await office.send("POST", FILINGS, FILING, headers=same)
    two = await office.send("POST", FILINGS, FILING, headers=same)
    assert (one.status_code, two.status_code) == (201, 200)
    assert one.json()["id"] == two.json()["id"]
    other = await office.send("POST", FILINGS, {**FILING, "name": "另一项"}, headers=same)
    assert other.json()["code"] == "idempotency-key-reused"
    for partner in (office.mine.department, new_id()):
        body = {**FILING, "partners": [str(partner)]}
        await office.refused("exchange-partner-unknown", "POST", FILINGS, body)
    alone = await office.send("POST", FILINGS, {**FILING, "other_partners": []})
    assert alone.status_code == 422
    await office.refused("older-exchange-not-in-rulebook", "POST", OLDER, MOVED)


@pytest.mark.duty("D43", "jiangsu-2017 §14", "baoji-2017 §13")
@pytest.mark.parametrize("rulebook", ["jiangsu-2017", "baoji-2017"])
async def test_older_exchanges_are_registered_and_their_migration_is_followed(
    office: Office, rulebook: str
) -> None:
    with on("2026-03-02"):
        problem = await office.refused("off-platform-not-in-rulebook", "POST", FILINGS, FILING)
        assert problem["article"].startswith(rulebook)
        found = await office.told("POST", OLDER, MOVED)
        at = f"{OLDER}/{found['id']}"
        assert (found["state"], found["article"].split()[0]) == ("registered", rulebook)
        assert (await office.send("GET", at, by=office.stranger)).status_code == 404
        planned = {"state": "planned", "planned_on": "2026-06-30"}
        await office.refused(
            "older-exchange-not-yours", "POST", f"{at}/move", planned, office.authority
        )
        await office.told("POST", f"{at}/move", planned)
        kept = {"remarks": "涉密网络线路，按规定保留不变"}
        await office.refused("older-exchange-not-the-authority", "POST", f"{at}/keep", kept)
    with on("2026-07-01"):
        assert (await office.strike(), await office.strike()) == (1, 0)
        (progress,) = (await office.told("GET", "/v1/migration-progress", None, office.authority))[
            "items"
        ]
        assert (progress["states"], progress["overdue"]) == ({"planned": 1}, 1)
        nowhere = {"state": "migrated", "resources": [str(new_id())]}
        await office.refused("older-exchange-resources-unknown", "POST", f"{at}/move", nowhere)
        moved = {"state": "migrated", "resources": [str(await resource(office))]}
        after = await office.told("POST", f"{at}/move", moved)
        assert (after["state"], after["overdue"]) == ("migrated", False)
        await office.refused("older-exchange-state-unfit", "POST", f"{at}/move", planned)
        await office.refused(
            "older-exchange-state-unfit", "POST", f"{at}/keep", kept, office.authority
        )
    late = await office.told("GET", f"{OLDER}?overdue=true", None, office.authority)
    assert late["items"] == []
    assert await office.said() == [
        "older-exchange-registered",
        "older-exchange-moved",
        "older-exchange-overdue",
        "older-exchange-moved",
    ]


@pytest.mark.duty("D43", "baoji-2017 §12")
@pytest.mark.parametrize("rulebook", ["baoji-2017"])
async def test_the_authority_lets_stay_what_has_to_and_a_successor_carries_on(
    office: Office,
) -> None:
    body = {**MOVED, "partners": [str(office.partner.department)]}
    found = await office.told("POST", OLDER, body)
    at = f"{OLDER}/{found['id']}"
    kept = await office.told("POST", f"{at}/keep", {"remarks": "涉密线路"}, office.authority)
    assert kept["state"] == "kept"
    heir = new_id()
    event = DepartmentSucceeded(
        at=clock.now(),
        actor="operator:gateway",
        department=None,
        aggregate=office.partner.department,
        succession=new_id(),
        kind=SuccessionKind.MERGE,
        owner=office.partner.department,
        successor=heir,
        heirs=[heir],
        ended=True,
        effective_on=date(2026, 3, 2),
        basis="市委发58号",
        resources=[],
        grants=[],
        members=[],
    )
    async with office.sessions.begin() as session:
        await successions.on_department_succeeded(session, event)
        owner = {"aggregate": office.mine.department, "owner": office.mine.department}
        await successions.on_department_succeeded(session, event.model_copy(update=owner))
    after = await office.told("GET", at, None, office.authority)
    assert (after["department"], after["partners"]) == (str(heir), [])
    assert (await office.send("GET", at)).status_code == 404


@pytest.mark.parametrize("rulebook", ["baoji-2017"])
async def test_each_step_asks_for_its_permission(office: Office, principal: Principals) -> None:
    reader = principal(Permission.EXCHANGE_READ, department=office.mine.department)
    assert (await office.send("POST", OLDER, MOVED, reader)).status_code == 403
    assert (await office.send("GET", OLDER, None, reader)).status_code == 200


async def resource(office: Office) -> UUID:
    """A resource of the platform that takes the place of an older exchange."""
    found = Resource(
        id=new_id(),
        heard=1,
        version=1,
        code="1/01",
        name="车辆登记信息",
        provider=office.partner.department,
        grade=Grade.ORDINARY,
        items=[],
    )
    async with office.sessions.begin() as session:
        session.add(found)
    return found.id
