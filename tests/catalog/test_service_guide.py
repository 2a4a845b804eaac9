"""The service guide: described by departments, confirmed, kept current, published."""

import asyncio
from datetime import UTC, date, datetime

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.catalog.guide import rules
from services.catalog.guide.rules import ChannelKind
from services.catalog.handing_over import hand_over
from services.catalog.maintenance import clocks
from shared import clock
from shared.ids import new_id
from shared.principal import Principal
from tests.callers import Principals
from tests.catalog.test_succession import succeeded
from tests.catalog.world import (
    CITY,
    COUNTY,
    Json,
    MakeWorld,
    World,
    divisions,
    refused,
    registered,
    told,
)

SERVICES = "/v1/public-services"
PUBLIC = "/public/catalogue/services"


def service(**changes: object) -> Json:
    """A service as the API takes it."""
    found: Json = {
        "name": "食品经营许可进度查询",
        "abstract": "凭受理编号查询办理进度 <b>和</b> 结果。",
        "audience": "食品经营许可的申请人",
        "basis": "食品经营许可管理办法",
        "channels": [
            {"kind": "web", "address": "https://data.example.gov.cn/food?a=1&b=2"},
            {"kind": "window", "address": "政务服务大厅12号窗口", "hours": "工作日9:00-17:00"},
            {"kind": "telephone", "address": "0917-3260000"},
        ],
    }
    return {**found, **changes}


@pytest.fixture
async def jiangsu(world_of: MakeWorld) -> World:
    """Where there is a guide."""
    return await world_of("jiangsu-2012")


async def sent(world: World, body: Json, by: Principal | None = None) -> httpx.Response:
    """The answer to a new description."""
    key = {"Idempotency-Key": f"key-{new_id()}"}
    return await world.as_(by or world.compiler).post(SERVICES, json=body, headers=key)


async def compiled(world: World, **changes: object) -> str:
    """The id of a service that waits for the authority."""
    return str(told(await sent(world, service(**changes)), 201)["id"])


async def published(world: World, **changes: object) -> str:
    """The id of a service in the guide."""
    identity = await compiled(world, **changes)
    body = {"decision": "publish"}
    client = world.as_(world.publisher)
    told(await client.post(f"{SERVICES}/{identity}/confirm", json=body), 200)
    return identity


@pytest.mark.duty("D41", "jiangsu-2012 §20")
async def test_what_the_authority_confirmed_is_there_for_the_public(jiangsu: World) -> None:
    public = jiangsu.as_(None)
    resource = await jiangsu.published()
    withheld = await jiangsu.published(divisions())
    identity = await compiled(jiangsu, resources=[resource, withheld])
    path = f"{SERVICES}/{identity}"
    for address in (f"{PUBLIC}/{identity}", f"{PUBLIC}/{identity}.json"):
        refused(await public.get(address), 404, "service-unknown")
    refused(await jiangsu.as_(jiangsu.stranger).get(path), 404, "service-unknown")
    body = {"decision": "publish"}
    told(await jiangsu.withdraw(withheld), 200)
    view = told(await jiangsu.as_(jiangsu.publisher).post(f"{path}/confirm", json=body), 200)
    assert (view["state"], view["confirmed_on"], view["due_on"]) == (
        "published",
        "2026-03-02",
        "2027-03-02",
    )
    page = await public.get(f"{PUBLIC}/{identity}")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "&lt;b&gt;和&lt;/b&gt;" in page.text
    assert 'href="https://data.example.gov.cn/food?a=1&amp;b=2"' in page.text
    assert f'href="/catalogue/{resource}"' in page.text
    assert withheld not in page.text
    read = told(await public.get(f"{PUBLIC}/{identity}.json"), 200)
    assert read["resources"] == [resource]
    assert read["channels"][1]["hours"] == "工作日9:00-17:00"
    assert [s["id"] for s in told(await public.get(f"{PUBLIC}.json"), 200)["items"]] == [identity]
    assert "食品经营许可进度查询" in (await public.get(PUBLIC)).text
    said = [event["type"] for event in await jiangsu.said()]
    assert [kind for kind in said if ".service-" in kind] == [
        "catalog.service-compiled.v1",
        "catalog.service-published.v1",
    ]


@pytest.mark.duty("D41", "jiangsu-2012 §20")
async def test_a_department_says_every_year_that_its_services_are_as_described(
    jiangsu: World,
) -> None:
    identity = await published(jiangsu)
    here = jiangsu.app.state.installation
    heard = len(await jiangsu.said())

    async def strike(day: datetime) -> list[str]:
        nonlocal heard
        with clock.turn(day):
            await clocks.strike(jiangsu.sessions, here, day)
            await clocks.strike(jiangsu.sessions, here, day)
        said = await jiangsu.said()
        found = [event["type"] for event in said[heard:]]
        heard = len(said)
        return found

    assert await strike(datetime(2027, 1, 4, 1, tzinfo=UTC)) == []
    near = datetime(2027, 2, 24, 1, tzinfo=UTC)
    assert await strike(near) == ["catalog.service-reminded.v1"]
    late = datetime(2027, 3, 3, 1, tzinfo=UTC)
    assert await strike(late) == ["catalog.service-overdue.v1"]
    with clock.turn(late):
        client = jiangsu.as_(jiangsu.publisher)
        listed = told(await client.get(SERVICES, params={"overdue": "true"}), 200)
        assert [found["id"] for found in listed["items"]] == [identity]
        kept = told(await jiangsu.as_(jiangsu.compiler).post(f"{SERVICES}/{identity}/keep"), 200)
        assert (kept["due_on"], kept["overdue"]) == ("2028-03-03", False)
        assert told(await client.get(SERVICES, params={"overdue": "true"}), 200)["items"] == []


@pytest.mark.duty("D41", "jiangsu-2012 §20")
async def test_what_is_described_anew_replaces_the_former_when_it_is_confirmed(
    jiangsu: World,
) -> None:
    identity = await published(jiangsu)
    own, path = jiangsu.as_(jiangsu.compiler), f"{SERVICES}/{identity}"
    public, authority = jiangsu.as_(None), jiangsu.as_(jiangsu.publisher)
    etag = {"If-Match": (await own.get(path)).headers["ETag"]}
    anew = service(name="食品经营许可查询")
    refused(await own.put(path, json=anew), 428, "if-match-missing")
    told(await own.put(path, json=anew, headers=etag), 200)
    refused(await own.put(path, json=anew, headers=etag), 412, "entry-changed")
    read = told(await public.get(f"{PUBLIC}/{identity}.json"), 200)
    assert read["name"] == "食品经营许可进度查询"
    stranger = jiangsu.as_(jiangsu.stranger)
    assert told(await stranger.get(path), 200)["description"]["name"] == read["name"]
    compiled_ = {"state": "compiled"}
    assert told(await stranger.get(SERVICES, params=compiled_), 200)["items"] == []
    assert len(told(await authority.get(SERVICES, params=compiled_), 200)["items"]) == 1
    bare = await authority.post(f"{path}/confirm", json={"decision": "return"})
    refused(bare, 409, "service-remarks-missing")
    back = {"decision": "return", "remarks": "请写明办理时限"}
    assert told(await authority.post(f"{path}/confirm", json=back), 200)["state"] == "returned"
    twice = await authority.post(f"{path}/confirm", json={"decision": "publish"})
    refused(twice, 409, "service-state-unfit")
    told(await own.put(path, json=anew, headers={"If-Match": "*"}), 200)
    told(await authority.post(f"{path}/confirm", json={"decision": "publish"}), 200)
    read = told(await public.get(f"{PUBLIC}/{identity}.json"), 200)
    assert read["name"] == "食品经营许可查询"
    versions = (await own.get(f"{path}/versions")).json()
    assert [(v["number"], v["remarks"]) for v in versions] == [
        (3, None),
        (2, "请写明办理时限"),
        (1, None),
    ]
    seen = (await stranger.get(f"{path}/versions")).json()
    assert [version["number"] for version in seen] == [3, 1]
    with pytest.raises(DBAPIError, match="a published description never changes"):
        async with jiangsu.sessions.begin() as session:
            await session.execute(text("UPDATE guide_version SET name = 'x'"))


async def test_a_department_describes_its_own_and_its_authority_confirms(
    jiangsu: World, principal: Principals
) -> None:
    identity = await published(jiangsu)
    path = f"{SERVICES}/{identity}"
    anybody = {"If-Match": "*"}
    stranger = jiangsu.as_(jiangsu.stranger)
    refused(await stranger.put(path, json=service(), headers=anybody), 403, "service-not-yours")
    refused(await stranger.post(f"{path}/keep"), 403, "service-not-yours")
    refused(await stranger.post(f"{path}/end", json={"reason": "无"}), 403, "service-not-yours")
    waiting = await compiled(jiangsu, name="另一服务")
    county = jiangsu.as_(principal(region=COUNTY, authority=COUNTY))
    body = {"decision": "publish"}
    confirm = f"{SERVICES}/{waiting}/confirm"
    refused(await county.post(confirm, json=body), 404, "service-unknown")
    own = await jiangsu.as_(jiangsu.compiler).post(confirm, json=body)
    refused(own, 403, "service-not-yours")
    own_client = jiangsu.as_(jiangsu.compiler)
    refused(await own_client.post(f"{SERVICES}/{waiting}/keep"), 409, "service-state-unfit")


async def test_a_service_that_ended_leaves_the_guide_and_its_name_is_free(jiangsu: World) -> None:
    identity = await published(jiangsu)
    refused(await sent(jiangsu, service(name="食品经营许可 进度查询")), 409, "service-namesake")
    own, path = jiangsu.as_(jiangsu.compiler), f"{SERVICES}/{identity}"
    ended = told(await own.post(f"{path}/end", json={"reason": "已并入一网通办"}), 200)
    assert (ended["state"], ended["published"], ended["due_on"]) == ("ended", None, None)
    refused(await jiangsu.as_(None).get(f"{PUBLIC}/{identity}"), 404, "service-unknown")
    refused(await own.post(f"{path}/end", json={"reason": "无"}), 409, "service-state-unfit")
    refused(await own.post(f"{path}/keep"), 409, "service-state-unfit")
    late = await own.put(path, json=service(), headers={"If-Match": "*"})
    refused(late, 409, "service-state-unfit")
    await compiled(jiangsu)


async def test_a_key_makes_one_service_and_of_two_of_one_name_one_is_made(jiangsu: World) -> None:
    client = jiangsu.as_(jiangsu.compiler)
    key = {"Idempotency-Key": "the-same-key"}
    first = told(await client.post(SERVICES, json=service(), headers=key), 201)
    assert told(await client.post(SERVICES, json=service(), headers=key), 200)["id"] == first["id"]
    body = service(name="另一服务")
    answers = await asyncio.gather(*(sent(jiangsu, body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_who_follows_a_department_offers_its_services(
    jiangsu: World, principal: Principals
) -> None:
    heir = principal(region=CITY)
    await jiangsu.hear(registered(heir.department, "示例市数据局", short_name="数据局"))
    identity = await published(jiangsu)
    own = service(abstract="另一部门的同名服务")
    told(await sent(jiangsu, own, heir), 201)
    async with jiangsu.sessions.begin() as session:
        event = succeeded(jiangsu.compiler.department, heir.department)
        await hand_over(session, jiangsu.app.state.installation, event)
    kept = told(await jiangsu.as_(heir).post(f"{SERVICES}/{identity}/keep"), 200)
    assert kept["provider_name"] == "示例市数据局"
    gone = await jiangsu.as_(jiangsu.compiler).post(f"{SERVICES}/{identity}/keep")
    refused(gone, 403, "service-not-yours")


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("web", "javascript:alert(1)"),
        ("web", 'https://example.gov.cn/"onclick="x'),
        ("web", "https://user@example.gov.cn/"),
        ("telephone", "13812345678"),
        ("telephone", "+86 138-1234-5678"),
        ("telephone", "局办公室"),
    ],
)
async def test_no_script_and_nobodys_own_telephone_enters_the_guide(
    jiangsu: World, kind: str, address: str
) -> None:
    body = service(channels=[{"kind": kind, "address": address}])
    problem = told(await sent(jiangsu, body), 422)
    assert address not in str(problem)
    unknown = await sent(jiangsu, service(resources=[str(new_id())]))
    assert refused(unknown, 409, "service-resources-unknown")["errors"][0]["field"] == "resources.0"


@pytest.mark.parametrize("rulebook", ["jiangsu-2017", "baoji-2017"])
async def test_where_the_rulebook_knows_no_guide_there_is_none(
    world_of: MakeWorld, rulebook: str
) -> None:
    world = await world_of(rulebook)
    refused(await sent(world, service()), 409, "service-guide-not-in-rulebook")
    refused(await world.as_(None).get(f"{PUBLIC}.json"), 404, "service-unknown")
    refused(await world.as_(None).get(PUBLIC), 404, "service-unknown")


def test_a_day_that_a_month_has_not_becomes_its_last() -> None:
    assert rules.months_later(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert rules.months_later(date(2026, 12, 1), 12) == date(2027, 12, 1)
    assert rules.fault_of(ChannelKind.TELEPHONE, "12345") is None
    assert rules.fault_of(ChannelKind.WEB, "http://example.gov.cn:8080/a?b#c") is None
