"""一数一源: what several departments collect is shown, reported, ruled on, and kept apart."""

from dataclasses import replace

import pytest

from services.catalog.sources import datum
from shared.ids import new_id
from shared.principal import Principal
from tests.callers import Principals
from tests.catalog.entries import ALL, B17, J12, J17, Y16
from tests.catalog.world import COUNTY, Json, MakeWorld, World, entry, refused, told

BASIS = {"kind": "law", "citation": "《中华人民共和国税收征收管理法》第十五条"}
TAXPAYERS = "纳税人登记信息"


def tax_office(world: World) -> World:
    """The same catalogue, worked on by the people of the tax office."""
    office = world.stranger.department
    return replace(
        world,
        compiler=replace(world.compiler, id=new_id(), department=office),
        reviewer=replace(world.reviewer, id=new_id(), department=office),
        guardian=replace(world.guardian, id=new_id(), department=office),
        stranger=world.compiler,
    )


def taxpayers(**changes: object) -> Json:
    """What the tax office has of the same firms, with an item in other words of the same name."""
    items = entry()["items"]
    address = items[-1] | {"code": "addr", "name": "注册 地址"}
    own = {"code": "rating", "name": "纳税信用等级", "type": "C", "length": 2}
    return entry(name=TAXPAYERS, items=[items[0], address, own], **changes)


async def rule(world: World, by: Principal | None = None, **body: object) -> Json:
    """The ruling of the authority."""
    response = await world.as_(by or world.publisher).post(
        "/v1/collection-rulings",
        json={"remarks": "以登记机关为主采集", **body},
        headers={"Idempotency-Key": f"key-{new_id()}"},
    )
    return told(response, 201)


async def repeated(world: World, resource: str) -> Json:
    """What others collect of a resource's items, by item."""
    at = f"/v1/resources/{resource}/duplicates"
    found = told(await world.as_(world.compiler).get(at), 200)
    return {item["code"]: item for item in found["items"]}


async def reported(world: World, **narrowed: str) -> list[Json]:
    """The report for the authority."""
    page = await world.as_(world.publisher).get("/v1/duplicates", params=narrowed)
    found: list[Json] = told(page, 200)["items"]
    return found


@pytest.mark.duty("D08", "jiangsu-2012 §11", "yixing-2016 §14", "baoji-2017 §4(3)")
@pytest.mark.parametrize("rulebook", ALL)
async def test_who_compiles_an_entry_is_shown_what_others_collect_already(
    world_of: MakeWorld, rulebook: str
) -> None:
    world = await world_of(rulebook)
    firms = await world.published()
    tax = tax_office(world)
    draft = await tax.draft(taxpayers())
    found = await repeated(tax, draft)
    (same,) = found["addr"]["candidates"]
    assert (same["sameness"], same["resource"], same["name"]) == ("name", firms, "注册地址")
    assert same["provider"] == str(world.compiler.department)
    assert "rating" not in found
    # A key identifies; that others have it too asks nothing of anybody.
    assert {c["sameness"] for c in found["uscc"]["candidates"]} == {"name", "standard"}
    assert not found["uscc"]["demanded"]
    assert found["addr"]["demanded"] == (rulebook in (J12, Y16))
    # For others the draft is not there, and neither is what is said of it.
    at = f"/v1/resources/{draft}/duplicates"
    refused(await world.as_(world.compiler).get(at), 404, "resource-unknown")


@pytest.mark.duty("D08", "jiangsu-2012 §11", "yixing-2016 §14")
@pytest.mark.parametrize("rulebook", [J12, Y16])
async def test_a_basic_item_that_another_shares_is_not_published_until_somebody_leads(
    world_of: MakeWorld, rulebook: str
) -> None:
    world = await world_of(rulebook)
    await world.published()
    tax = tax_office(world)
    resource = await tax.cleared(taxpayers())
    problem = refused(await tax.publish(resource), 409, "collection-unsettled")
    assert [(e["field"], e["code"]) for e in problem["errors"]] == [
        ("items.1", "collected-elsewhere")
    ]
    assert problem["article"].startswith(f"{rulebook} §")
    # Who leads is ruled; the other one is still not the lead.
    await rule(world, name="注册地址", lead=str(world.compiler.department))
    refused(await tax.publish(resource), 409, "collection-unsettled")
    office = str(tax.compiler.department)
    ruling = await rule(
        world,
        name="注册地址",
        lead=str(world.compiler.department),
        permitted=[office],
        basis=BASIS,
    )
    told(await tax.publish(resource), 200)
    addr = (await repeated(tax, resource))["addr"]
    assert (addr["ruling"], addr["lead"], addr["settled"]) == (
        ruling["id"],
        str(world.compiler.department),
        True,
    )
    # What is in the catalogue is kept up without asking again, whatever is ruled later.
    await rule(world, name="注册地址", lead=str(world.compiler.department))
    await tax.change(resource, taxpayers(abstract="本市纳税人的登记事项，按月更新。"))
    for step in (tax.submit, tax.review, tax.review_secrecy, tax.publish):
        told(await step(resource), 200)


@pytest.mark.duty("D08", "jiangsu-2012 §11", "yixing-2016 §14")
@pytest.mark.parametrize("rulebook", [J12, Y16])
async def test_what_is_stated_as_collected_second_is_published(
    world_of: MakeWorld, rulebook: str
) -> None:
    world = await world_of(rulebook)
    await world.published()
    tax = tax_office(world)
    resource = await tax.cleared(taxpayers())
    at = f"/v1/resources/{resource}/secondary-items"
    body = {"items": ["addr"], "remarks": "以市场监管局登记的为准"}
    unknown = await tax.as_(tax.compiler).post(at, json=body | {"items": ["none"]})
    refused(unknown, 409, "secondary-collection-item-unknown")
    refused(await tax.as_(tax.publisher).post(at, json=body), 403, "secondary-collection-not-yours")
    refused(await tax.as_(tax.stranger).post(at, json=body), 404, "resource-unknown")
    for _ in range(2):
        stated = told(await tax.as_(tax.compiler).post(at, json=body), 200)
    assert {i["code"] for i in stated["items"] if i["secondary"]} == {"addr"}
    told(await tax.publish(resource), 200)
    events = [e for e in await world.said() if "secondary-collection" in e["type"]]
    assert [e["data"]["items"] for e in events] == [["addr"]]


@pytest.mark.parametrize("rulebook", [J17, B17])
async def test_where_the_rulebook_forbids_no_second_collection_nothing_is_refused(
    world_of: MakeWorld, rulebook: str
) -> None:
    world = await world_of(rulebook)
    await world.published()
    tax = tax_office(world)
    await tax.published(taxpayers())


async def test_what_cannot_be_had_by_sharing_may_be_collected_again(world_of: MakeWorld) -> None:
    world = await world_of(Y16)
    items = entry()["items"]
    plain = [item | {"basic": False} for item in items]
    await world.published(entry(items=plain))
    tax = tax_office(world)
    await tax.published(taxpayers())


@pytest.mark.duty("D08", "jiangsu-2012 §11", "yixing-2016 §14", "baoji-2017 §4(3)")
async def test_the_authority_is_told_what_several_of_its_departments_collect(
    world: World, principal: Principals
) -> None:
    firms = await world.published()
    tax = tax_office(world)
    second = await tax.published(taxpayers())
    (found,) = await reported(world)
    assert found["datum"] == "注册地址"
    assert {p["name"] for p in found["providers"]} == {
        "示例市市场监督管理局",
        "示例市税务局",
    }
    assert (set(found["resources"]), found["lead"]) == ({firms, second}, None)
    lead = str(world.compiler.department)
    await rule(world, name="注册 地址", lead=lead)
    assert [one["lead"] for one in await reported(world)] == [lead]
    assert await reported(world, unruled="true") == []
    assert len(await reported(world, unruled="false")) == 1
    assert await reported(world, by="element") == []
    county = principal(region=COUNTY, authority=COUNTY)
    assert told(await world.as_(county).get("/v1/duplicates"), 200)["items"] == []
    other = await world.as_(world.compiler).get("/v1/duplicates")
    refused(other, 403, "collection-not-the-authority")


async def test_the_report_pages_without_gap(world: World) -> None:
    await world.published()
    tax = tax_office(world)
    await tax.published(entry(name=TAXPAYERS))
    whole = [one["datum"] for one in await reported(world)]
    assert len(whole) == 6
    paged: list[str] = []
    client, params = world.as_(world.publisher), {"limit": "4"}
    while True:
        page = told(await client.get("/v1/duplicates", params=params), 200)
        paged += [one["datum"] for one in page["items"]]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert paged == whole


@pytest.mark.duty("D08", "jiangsu-2012 §11", "yixing-2016 §14")
async def test_a_later_ruling_takes_the_place_of_an_earlier_one_which_stays_on_record(
    world: World,
) -> None:
    lead, office = str(world.compiler.department), str(world.stranger.department)
    first = await rule(world, name="经营范围", lead=office)
    later = await rule(world, name="经营 范围", lead=lead)
    client = world.as_(world.stranger)

    async def listed(**narrowed: str) -> list[str]:
        page = await client.get("/v1/collection-rulings", params=narrowed)
        return [one["id"] for one in told(page, 200)["items"]]

    assert await listed(name="经营范围") == [later["id"]]
    assert await listed(superseded="true") == [later["id"], first["id"]]
    assert await listed(lead=office) == []
    at = f"/v1/collection-rulings/{first['id']}"
    assert told(await client.get(at), 200)["superseded_at"] is not None


async def test_only_a_regions_authority_rules_and_on_its_own_departments(
    world_of: MakeWorld, principal: Principals
) -> None:
    world = await world_of(Y16)
    lead = str(world.compiler.department)
    headers = {"Idempotency-Key": f"key-{new_id()}"}
    body = {"name": "经营范围", "lead": lead, "remarks": "如此"}
    at = "/v1/collection-rulings"
    own = await world.as_(world.stranger).post(at, json=body, headers=headers)
    refused(own, 403, "collection-not-the-authority")
    county = principal(region=COUNTY, authority=COUNTY)
    beyond = await world.as_(county).post(at, json=body, headers=headers)
    refused(beyond, 409, "collection-department-unfit")
    authority = world.as_(world.publisher)
    beside = body | {"permitted": [str(world.stranger.department)]}
    assert (await authority.post(at, json=beside, headers=headers)).status_code == 422
    policy = beside | {"basis": BASIS | {"kind": "central-policy"}}
    refused(await authority.post(at, json=policy, headers=headers), 409, "collection-basis-unfit")
    both = body | {"element": "sex"}
    assert (await authority.post(at, json=both, headers=headers)).status_code == 422
    # A region that lies elsewhere does not know of a ruling.
    ruling = await rule(world, name="经营范围", lead=lead)
    elsewhere = principal(region="320000/320200", authority="320000/320200")
    unknown = await world.as_(elsewhere).get(f"{at}/{ruling['id']}")
    refused(unknown, 404, "collection-ruling-unknown")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("注册地址", "注册 地址", True),
        ("ＩＤ号", "id 号", True),
        ("注册地址", "注册地", False),
        ("\ufdfa" * 500, "\ufdfa" * 400, True),
    ],
)
def test_two_names_are_the_same_datum_but_for_width_spaces_and_case(
    one: str, other: str, same: bool
) -> None:
    assert (datum.key(one) == datum.key(other)) is same
    assert len(datum.key(one)) <= 120
