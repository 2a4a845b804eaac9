"""One thing of each kind for a department of the city, by the names that paths use."""

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx
from sqlalchemy import select

from gateway.models import Base, Operator, OutsideIdentity
from gateway.roles import Role
from shared import clock, db
from shared.ids import new_id
from tests.matrix.city import (
    AUTHORITY,
    COUNTERPART,
    City,
    ask,
    entry_of,
    grant,
    name_of,
)
from tests.matrix.whole import Json, Whole

ADMINISTRATOR = Role.DEPARTMENT_ADMINISTRATOR
FAR = "2099-01-01"


async def of_department(city: City, short_name: str, published: dict[str, str]) -> dict[str, str]:
    """Everything that the department calls its own."""
    department = city.whole.department(short_name)
    resource, asked = published[short_name], published[COUNTERPART]
    draft = await city.call(
        short_name, Role.COMPILER, "POST", "/v1/resources", entry_of(f"{name_of(short_name)}草稿")
    )
    at = f"/v1/resources/{resource}/batches"
    batches = await city.call(short_name, ADMINISTRATOR, "GET", at)
    found = {
        "department": department,
        "other": city.whole.department(COUNTERPART),
        "draft": draft["id"],
        "resource": resource,
        "asked": asked,
        "version": "1",
        "batch": batches["items"][0]["id"],
        "grant": await grant(city, short_name, COUNTERPART, asked),
        "given": await grant(city, COUNTERPART, short_name, resource),
        "request": await ask(city, short_name, asked, "核验单位名称"),
        "incoming": await ask(city, COUNTERPART, resource, "核验单位名称"),
        **await fresh_machine(city, short_name),
        **await _people(city, short_name),
        **await _plans(city, short_name, resource),
        "catalogue": "sharing",
        "source": str(new_id()),
        "upload": str(new_id()),
        "call": str(new_id()),
        "operation": "by-id",
        "loan": str(new_id()),
        "certificate": str(new_id()),
        "service": str(new_id()),
        "project": str(new_id()),
        "takeover": str(new_id()),
        "former_address": str(new_id()),
        "share": "no-such-share",
        "schema": "no-such-schema",
        "quarter": f"{clock.now().year}Q1",
        "exchange": await _older(city, short_name),
        "period": "2026-01",
    }
    log = await city.call(short_name, ADMINISTRATOR, "GET", "/v1/log/entries", params={"limit": 1})
    return found | {"index": str(log["items"][0]["index"])}


async def _older(city: City, short_name: str) -> str:
    """An exchange that was there before the platform."""
    stated = {
        "name": "部门间文件传输交换",
        "information": "企业设立登记",
        "other_partners": ["县级登记机关"],
        "direction": "both",
        "way": "每日定时传输文件",
        "since": "2012-06-01",
        "system": "前置文件交换系统",
    }
    made = await city.call(short_name, ADMINISTRATOR, "POST", "/v1/older-exchanges", stated)
    return str(made["id"])


async def fresh_machine(city: City, short_name: str) -> dict[str, str]:
    """A machine that nobody uses, its secret's id, and a link to an outside issuer's."""
    body = {"name": "备用系统", "kind": "system"}
    made = await city.call(short_name, ADMINISTRATOR, "POST", "/v1/clients", body)
    at = f"/v1/clients/{made['id']}/secrets"
    secrets = await city.call(short_name, ADMINISTRATOR, "GET", at)
    link = await _linked(city.whole, client=UUID(made["id"]))
    return {"client": made["id"], "secret": secrets["items"][0]["id"], "link": link}


async def fresh_link(city: City, operator: str) -> dict[str, str]:
    """A link of an account to an outside issuer's."""
    return {"link": await _linked(city.whole, operator=UUID(operator))}


async def _linked(
    platform: Whole, *, client: UUID | None = None, operator: UUID | None = None
) -> str:
    # A link follows a log-in at the issuer, and there is none here.
    row = OutsideIdentity(
        issuer="province",
        pseudonym=new_id().bytes,
        client=client,
        operator=operator,
        linked_at=clock.now(),
    )
    engine = db.engine(platform.settings["gateway"].database.get_secret_value(), size=1)
    try:
        async with db.sessions(engine, Base).begin() as session:
            session.add(row)
            await session.flush()
            return str(row.id)
    finally:
        await engine.dispose()


async def misplaced(platform: Whole, short_name: str, roles: list[Role]) -> None:
    """Accounts with roles of the authority elsewhere, as if its department had been one once."""
    engine = db.engine(platform.settings["gateway"].database.get_secret_value(), size=1)
    try:
        async with db.sessions(engine, Base).begin() as session:
            for role in roles:
                username = f"{short_name}.{role.value}"
                named = select(Operator).where(Operator.username == username)
                found = await session.scalar(named)
                assert found is not None
                found.roles = [role.value]
    finally:
        await engine.dispose()


async def _account(city: City, short_name: str, name: str) -> str:
    body = {
        "username": f"{short_name}.{name}",
        "password": "correct-horse-battery-staple-47",
        "department": city.whole.department(short_name),
        "roles": ["compiler"],
    }
    keeper = Role.SECURITY_ADMINISTRATOR
    made = await city.call(AUTHORITY, keeper, "POST", "/v1/operators", body)
    return str(made["id"])


async def _people(city: City, short_name: str) -> dict[str, str]:
    """An account, its deputy, a colleague who lost a password, and the filing."""
    operator = await _account(city, short_name, "colleague")
    second = await _account(city, short_name, "second")
    until = (clock.now() + timedelta(days=30)).isoformat()
    body: Json = {"deputy": second, "until": until}
    at = f"/v1/operators/{operator}/deputies"
    deputy = await city.call(short_name, ADMINISTRATOR, "POST", at, body)
    lost = {"credential": "password", "reason": "忘记口令"}
    at = f"/v1/operators/{second}/recoveries"
    recovery = await city.call(short_name, ADMINISTRATOR, "POST", at, lost)
    at = f"/v1/departments/{city.whole.department(short_name)}/filing"
    await city.call(short_name, ADMINISTRATOR, "PUT", at, filing())
    return {
        "operator": operator,
        "second": second,
        "deputy": deputy["id"],
        "recovery": recovery["id"],
    }


def filing() -> Json:
    """A filing that names a unit and no person."""
    unit = {"role": "internal-unit", "name": "信息化处", "since": "2026-03-02"}
    return {"persons": [unit]}


async def _plans(city: City, short_name: str, resource: str) -> dict[str, str]:
    """What is planned for the department, by itself or by its authority."""
    department = city.whole.department(short_name)
    keeper, catalogue = Role.SYSTEM_ADMINISTRATOR, Role.CATALOGUE_ADMINISTRATOR
    renamed = {"name": f"{name_of(short_name)}分局", "effective_on": FAR, "basis": "市编办1号"}
    at = f"/v1/departments/{department}/changes"
    change = await city.call(AUTHORITY, keeper, "POST", at, renamed)
    merged = succession(department, city.whole.department(COUNTERPART))
    planned = await city.call(AUTHORITY, keeper, "POST", "/v1/successions", merged)
    gone = {"remarks": "职能划转", "effective_on": FAR}
    await city.call(short_name, ADMINISTRATOR, "POST", f"/v1/resources/{resource}/withdraw", gone)
    waiting = await city.call(
        short_name,
        ADMINISTRATOR,
        "GET",
        "/v1/catalogue-changes",
        params={"resource": resource, "state": "waiting"},
    )
    due = {
        "cause": "functions",
        "changed_on": "2026-11-02",
        "description": "职能划入本局",
        "resources": [resource],
    }
    update = await city.call(short_name, Role.COMPILER, "POST", "/v1/catalogue-updates", due)
    plan = await city.call(
        AUTHORITY, catalogue, "POST", "/v1/year-plans", year_plan(department, short_name)
    )
    element = f"state-of-{short_name}"
    at = f"/v1/data-elements/{element}"
    await city.call(AUTHORITY, catalogue, "PUT", at, ELEMENT)
    at = f"/v1/mappings/{short_name}-3"
    await city.call(AUTHORITY, catalogue, "PUT", at, MAPPING)
    asked = {
        "name": "企业参保情况",
        "items": ["参保人数"],
        "duty": "核查年度报告",
        "legal_basis": "《企业信息公示暂行条例》第十四条",
        "purpose": "逐户核对",
        "cycle": "monthly",
    }
    need = await city.call(short_name, ADMINISTRATOR, "POST", "/v1/needs", asked)
    leading = {"name": f"{short_name}的事项", "lead": department, "remarks": "由其主采集"}
    ruling = await city.call(AUTHORITY, catalogue, "POST", "/v1/collection-rulings", leading)
    return {
        "change": change["id"],
        "need": need["id"],
        "ruling": ruling["id"],
        "catalogue_change": waiting["items"][0]["id"],
        "succession": planned["id"],
        "update": update["id"],
        "plan": plan["id"],
        "element": element,
        "mapping": f"{short_name}-3",
        "import": await _import(city, short_name),
    }


def succession(predecessor: str, successor: str) -> Json:
    """One department goes up in another, many years from now."""
    return {
        "kind": "merge",
        "predecessors": [predecessor],
        "successors": [successor],
        "effective_on": FAR,
        "basis": "市委发58号",
    }


def year_plan(department: str, short_name: str) -> Json:
    """A plan with one entry; each of the city's departments gets a year of its own."""
    year = 2027 + sum(map(ord, short_name)) % 70
    return {
        "year": year,
        "title": f"{year}年共享目录工作计划",
        "items": [{"name": "许可信息", "provider": department, "due_on": f"{year}-06-30"}],
    }


ELEMENT: Json = {
    "codes": {"1": "存续", "2": "吊销"},
    "definition": "存续状态",
    "length": 1,
    "name": "登记状态代码",
    "source": "DB61/T 1001",
    "type": "C",
}
MAPPING: Json = {
    "product": "某省目录系统 3.2",
    "columns": {"资源名称": "name"},
    "values": {},
}


async def _import(city: City, short_name: str) -> str:
    """An import in which something is wrong, so that there is an annotated copy of it."""
    headers = city.headers(short_name, Role.COMPILER) | {"content-type": "application/x-ndjson"}
    answer = await city.whole.http.put(
        "/v1/catalogue/entries", content=b'{"name": ""}\n', headers=headers
    )
    assert answer.status_code in (httpx.codes.OK, httpx.codes.ACCEPTED), answer.text
    made = answer.json()["id"]
    for _ in range(200):
        got = await city.whole.http.get(f"/v1/imports/{made}/workbook", headers=headers)
        if got.status_code == httpx.codes.OK:
            break
        await asyncio.sleep(0.05)
    return str(made)
