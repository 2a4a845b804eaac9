"""共享需求: stated by departments, matched with the catalogue, ruled on by the authority."""

import pytest

from services.catalog.needs.life import NeedState, NeedStep, NeedStepNotOpen, move
from services.catalog.needs.matching import Likeness, judge
from shared.ids import new_id
from shared.principal import Principal
from tests.callers import Principals
from tests.catalog.entries import ALL
from tests.catalog.world import COUNTY, Json, MakeWorld, World, divisions, refused, told

ASKED: Json = {
    "name": "企业登记情况",
    "items": ["统一社会信用代码", "参保人数"],
    "duty": "核定应纳税额",
    "legal_basis": "《中华人民共和国税收征收管理法》第六条",
    "purpose": "核对纳税人登记信息",
    "cycle": "monthly",
    "urgency": "urgent",
}


async def register(world: World, by: Principal | None = None, **changes: object) -> Json:
    """A need that the tax office, where nobody else is named, has registered."""
    response = await world.as_(by or world.stranger).post(
        "/v1/needs", json=ASKED | changes, headers={"Idempotency-Key": f"key-{new_id()}"}
    )
    return told(response, 201)


async def take(
    world: World, need: Json, step: str, by: Principal, body: Json, status: int = 200
) -> Json:
    """Take a step with a need."""
    response = await world.as_(by).post(f"/v1/needs/{need['id']}/{step}", json=body)
    return told(response, status)


async def unmet(world: World) -> Json:
    """A need that waits for the authority's ruling."""
    need = await register(world)
    return await take(world, need, "report-unmet", world.stranger, {"remarks": "均无参保人数"})


async def seen(world: World, by: Principal, **narrowed: str) -> list[str]:
    """The needs that somebody finds in the list."""
    page = told(await world.as_(by).get("/v1/needs", params=narrowed), 200)
    return [need["id"] for need in page["items"]]


@pytest.mark.duty(
    "D09", "jiangsu-2012 §9", "jiangsu-2017 §4(2)", "yixing-2016 §6", "baoji-2017 §4(2)"
)
@pytest.mark.parametrize("rulebook", ALL)
async def test_a_department_states_what_it_needs_and_for_what(
    world_of: MakeWorld, rulebook: str
) -> None:
    world = await world_of(rulebook)
    need = await register(world)
    assert need | ASKED == need
    assert (need["state"], need["department"]) == ("registered", str(world.stranger.department))
    assert await seen(world, world.publisher, state="registered", urgency="urgent") == [need["id"]]
    (event,) = [e for e in await world.said() if e["type"] == "catalog.need-registered.v1"]
    assert event["data"]["need"] == need["id"]
    assert event["data"]["rulebook"] == rulebook
    for missing in ("duty", "legal_basis", "purpose", "cycle"):
        body = {name: value for name, value in ASKED.items() if name != missing}
        response = await world.as_(world.stranger).post(
            "/v1/needs", json=body, headers={"Idempotency-Key": f"key-{new_id()}"}
        )
        assert response.status_code == 422


async def test_the_same_key_registers_a_need_once(world: World) -> None:
    client, headers = world.as_(world.stranger), {"Idempotency-Key": "need-2026-1"}
    first = told(await client.post("/v1/needs", json=ASKED, headers=headers), 201)
    again = told(await client.post("/v1/needs", json=ASKED, headers=headers), 200)
    assert first["id"] == again["id"]
    other = await client.post("/v1/needs", json=ASKED | {"name": "另一项"}, headers=headers)
    refused(other, 409, "idempotency-key-reused")


@pytest.mark.duty("D09", "yixing-2016 §6", "jiangsu-2012 §9")
async def test_published_resources_are_proposed_with_how_well_they_fit_and_why(
    world: World,
) -> None:
    firms = await world.published()
    await world.published(divisions())
    await world.draft(divisions(name="企业登记情况"))
    need = await register(world, items=["统一社会信用代码", "企业名称"])
    at = f"/v1/needs/{need['id']}/proposals"
    found = told(await world.as_(world.stranger).get(at), 200)["items"]
    best = found[0]
    assert best["resource"]["id"] == firms
    assert 0 < best["score"] <= 100
    reasons = [(r["likeness"], r["wanted"], r["found"]) for r in best["reasons"]]
    assert ("same-item", "统一社会信用代码", "统一社会信用代码") in reasons
    assert [p["score"] for p in found] == sorted((p["score"] for p in found), reverse=True)
    assert {p["resource"]["state"] for p in found} == {"published"}
    # One's own resources are no proposal.
    own = await register(world, by=world.compiler, items=["统一社会信用代码"])
    at = f"/v1/needs/{own['id']}/proposals"
    assert told(await world.as_(world.compiler).get(at), 200)["items"] == []


def test_the_fit_is_the_greater_the_more_of_the_name_and_the_items_is_there() -> None:
    wanted = ["统一社会信用代码", "住所"]
    whole = judge("企业登记", wanted, "企业 登记", None, wanted)
    assert whole.score == 100
    assert [r.likeness for r in whole.reasons] == [
        Likeness.SAME_NAME,
        Likeness.SAME_ITEM,
        Likeness.SAME_ITEM,
    ]
    half = judge("企业登记", wanted, "企业登记", None, wanted[:1])
    similar = judge("企业登记", wanted, "企业登记", None, [wanted[0], "企业住所"])
    assert whole.score > similar.score > half.score
    assert judge("企业登记", wanted, "行政区划", None, ["区划代码"]).score == 0


@pytest.mark.duty("D09", "jiangsu-2012 §9", "baoji-2017 §4(2)")
async def test_the_department_chooses_the_resource_that_fits(world: World) -> None:
    firms = await world.published()
    need = await register(world)
    chosen = await take(world, need, "choose", world.stranger, {"resource": firms})
    assert (chosen["state"], chosen["resource"]) == ("matched", firms)
    # What turned out not to fit is reported later.
    later = await take(world, need, "report-unmet", world.stranger, {"remarks": "缺参保人数"})
    assert (later["state"], later["resource"]) == ("unmet", None)


async def test_only_anothers_published_resource_can_be_chosen(world: World) -> None:
    draft, own = await world.draft(), await world.published(divisions())
    need = await register(world)
    mine = await register(world, by=world.compiler)
    for by, of, resource in (
        (world.stranger, need, draft),
        (world.stranger, need, str(new_id())),
        (world.compiler, mine, own),
    ):
        at = f"/v1/needs/{of['id']}/choose"
        response = await world.as_(by).post(at, json={"resource": resource})
        refused(response, 409, "need-resource-unfit")
    assert told(await world.as_(world.stranger).get(f"/v1/needs/{need['id']}"), 200) == need


@pytest.mark.duty("D09", "yixing-2016 §19", "jiangsu-2012 §9", "baoji-2017 §4(2)")
async def test_the_authority_names_a_resource_assigns_a_collector_or_records_the_gap(
    world: World,
) -> None:
    need = await unmet(world)
    assert await seen(world, world.publisher, state="unmet") == [need["id"]]
    gap = {"ruling": "gap-recorded", "remarks": "尚无部门依职责掌握"}
    ruled = await take(world, need, "rule", world.publisher, gap)
    assert (ruled["state"], ruled["ruling"]) == ("ruled", "gap-recorded")
    assert await seen(world, world.compiler) == []
    lead = str(world.compiler.department)
    assigned = {"ruling": "collection-assigned", "lead": lead, "remarks": "由市场监管局采集"}
    ruled = await take(world, need, "rule", world.publisher, assigned)
    assert (ruled["lead"], ruled["resource"]) == (lead, None)
    # From now on the assigned department knows what it is to collect, and for whom.
    assert await seen(world, world.compiler, lead=lead) == [need["id"]]
    firms = await world.published()
    named = {"ruling": "resource-named", "resource": firms, "remarks": "已编目"}
    ruled = await take(world, need, "rule", world.publisher, named)
    assert (ruled["resource"], ruled["lead"]) == (firms, None)
    assert await seen(world, world.compiler) == []
    at = f"/v1/needs/{need['id']}/history"
    steps = told(await world.as_(world.stranger).get(at), 200)["items"]
    assert [(s["step"], s["ruling"]) for s in steps] == [
        ("register", None),
        ("report", None),
        ("rule", "gap-recorded"),
        ("rule", "collection-assigned"),
        ("rule", "resource-named"),
    ]
    assert steps[3]["lead"] == lead
    events = [e for e in await world.said() if e["type"] == "catalog.need-ruled.v1"]
    assert [e["data"]["ruling"] for e in events] == [s["ruling"] for s in steps[2:]]


async def test_a_ruling_names_what_it_rules_and_only_what_is_there(world: World) -> None:
    need = await unmet(world)
    at, client = f"/v1/needs/{need['id']}/rule", world.as_(world.publisher)
    lead = str(world.compiler.department)
    for body in (
        {"ruling": "resource-named"},
        {"ruling": "collection-assigned"},
        {"ruling": "gap-recorded", "lead": lead},
        {"ruling": "gap-recorded", "remarks": " "},
    ):
        assert (await client.post(at, json={"remarks": "如此", **body})).status_code == 422
    unknown = {"remarks": "如此", "ruling": "resource-named", "resource": str(new_id())}
    refused(await client.post(at, json=unknown), 409, "need-resource-unfit")
    unknown = {"remarks": "如此", "ruling": "collection-assigned", "lead": str(new_id())}
    refused(await client.post(at, json=unknown), 409, "need-collector-unfit")
    assert told(await client.get(f"/v1/needs/{need['id']}"), 200)["state"] == "unmet"


async def test_a_need_does_not_exist_for_other_departments(
    world: World, principal: Principals
) -> None:
    need = await unmet(world)
    at = f"/v1/needs/{need['id']}"
    gap = {"ruling": "gap-recorded", "remarks": "尚无"}
    for other in (world.compiler, principal(region=COUNTY, authority=COUNTY)):
        client = world.as_(other)
        assert await seen(world, other) == []
        for path in (at, f"{at}/proposals", f"{at}/history"):
            refused(await client.get(path), 404, "need-unknown")
        refused(await client.post(f"{at}/rule", json=gap), 404, "need-unknown")
        refused(await client.post(f"{at}/withdraw", json={"remarks": "否"}), 404, "need-unknown")
        refused(await client.put(at, json=ASKED, headers={"If-Match": "*"}), 404, "need-unknown")


async def test_who_sees_a_need_may_still_not_decide_for_another(world: World) -> None:
    need = await unmet(world)
    at, gap = f"/v1/needs/{need['id']}", {"ruling": "gap-recorded", "remarks": "尚无"}
    own = await world.as_(world.stranger).post(f"{at}/rule", json=gap)
    refused(own, 403, "need-not-the-authority")
    authority = world.as_(world.publisher)
    refused(await authority.post(f"{at}/withdraw", json={"remarks": "否"}), 403, "need-not-yours")
    changed = await authority.put(at, json=ASKED, headers={"If-Match": "*"})
    refused(changed, 403, "need-not-yours")
    # Who is assigned to collect reads it, and nothing else.
    assigned = {"ruling": "collection-assigned", "remarks": "由市场监管局采集"}
    lead = {"lead": str(world.compiler.department)}
    await take(world, need, "rule", world.publisher, assigned | lead)
    collector = world.as_(world.compiler)
    assert told(await collector.get(at), 200)["state"] == "ruled"
    refused(await collector.post(f"{at}/rule", json=gap), 403, "need-not-the-authority")
    refused(await collector.post(f"{at}/withdraw", json={"remarks": "否"}), 403, "need-not-yours")


async def test_a_need_is_restated_from_what_was_read_and_stands_as_registered(
    world: World,
) -> None:
    need = await unmet(world)
    client, at = world.as_(world.stranger), f"/v1/needs/{need['id']}"
    other = ASKED | {"items": ["统一社会信用代码"]}
    refused(await client.put(at, json=other), 428, "if-match-missing")
    stale = await client.put(at, json=other, headers={"If-Match": '"1"'})
    refused(stale, 412, "need-changed")
    etag = (await client.get(at)).headers["ETag"]
    response = await client.put(at, json=other, headers={"If-Match": etag})
    restated = told(response, 200)
    assert (restated["state"], restated["items"]) == ("registered", ["统一社会信用代码"])
    assert response.headers["ETag"] != etag
    # What was withdrawn is over.
    await take(world, need, "withdraw", world.stranger, {"remarks": "职责已调整"})
    again = await client.put(at, json=other, headers={"If-Match": "*"})
    refused(again, 409, "need-step-not-open")


@pytest.mark.parametrize("step", sorted(set(NeedStep) - {NeedStep.REGISTER}))
def test_nothing_is_done_with_a_withdrawn_need(step: NeedStep) -> None:
    with pytest.raises(NeedStepNotOpen):
        move(NeedState.WITHDRAWN, step)


def test_only_what_was_reported_unmet_is_ruled_on_and_may_be_ruled_anew() -> None:
    open_ = {NeedState.UNMET, NeedState.RULED}
    for state in NeedState:
        if state in open_:
            assert move(state, NeedStep.RULE) is NeedState.RULED
        else:
            with pytest.raises(NeedStepNotOpen):
                move(state, NeedStep.RULE)


async def test_the_list_pages_without_gap(world: World) -> None:
    needs = [(await register(world, name=f"需求{n}"))["id"] for n in range(3)]
    client = world.as_(world.stranger)
    first = told(await client.get("/v1/needs", params={"limit": "2"}), 200)
    rest = await client.get("/v1/needs", params={"limit": "2", "cursor": first["next"]})
    found = first["items"] + told(rest, 200)["items"]
    assert [need["id"] for need in found] == needs[::-1]
