"""Share requests and grants over HTTP, on a real database."""

from datetime import UTC, datetime, timedelta

import pytest

from services.requests.granting import Decision
from shared import clock
from shared.events.catalog import Grade, ShareType
from shared.ids import new_id
from tests.callers import Principals
from tests.requests.world import DUTY, MONDAY, PURPOSE, REGION, World, published, refused, told


@pytest.mark.duty("D11", "jiangsu-2017 §16", "baoji-2017 §16")
async def test_an_unconditional_resource_is_granted_in_one_call(world: World) -> None:
    resource = await world.resource(ShareType.UNCONDITIONAL)
    request = told(await world.ask(resource), 201)
    assert request["state"] == "approved"
    assert request["decision"] == Decision.GRANTED_BY_RULE
    assert request["decision_article"] == "baoji-2017 §16"
    assert request["due_on"] is None
    grant = told(await world.as_(world.tax).get(f"/v1/grants/{request['grant']}"), 200)
    assert (grant["state"], grant["items"]) == ("active", ["uscc", "name"])
    assert grant["grantee"] == str(world.tax.department)
    assert await world.subjects() == [
        "requests.submitted.v1",
        "requests.approved.v1",
        "requests.grant-issued.v1",
    ]


@pytest.mark.duty("D12", "jiangsu-2017 §16", "baoji-2017 §16")
async def test_a_conditional_resource_waits_for_the_provider_until_a_working_day(
    world: World,
) -> None:
    request = told(await world.ask(await world.resource()), 201)
    assert (request["state"], request["grant"]) == ("submitted", None)
    # Ten working days after Monday 2 March 2026.
    assert (request["due_on"], request["due_provisional"]) == ("2026-03-16", False)
    assert request["due_article"] == "baoji-2017 §16"
    assert (request["duty"], request["purpose"]) == (DUTY, PURPOSE)
    assert request["rulebook_version"].startswith("baoji-2017@")
    assert await world.subjects() == ["requests.submitted.v1"]


async def test_the_limit_begins_on_the_local_day_of_receipt(world: World) -> None:
    resource = await world.resource()
    # Half past four in the afternoon of Sunday in UTC is half past midnight of Monday here.
    with clock.turn(datetime(2026, 3, 1, 16, 30, tzinfo=UTC)):
        request = told(await world.ask(resource), 201)
    assert request["due_on"] == "2026-03-16"


@pytest.mark.duty("D12", "jiangsu-2017 §15", "baoji-2017 §16")
async def test_the_provider_fixes_scope_validity_and_opinion(world: World) -> None:
    request = await world.open_request()
    answer = await world.approve(
        request, items=["uscc"], valid_until="2027-01-01T00:00:00Z", remarks="仅限核对"
    )
    approved = told(answer, 200)
    assert (approved["state"], approved["decision"]) == ("approved", "approved-in-part")
    grant = told(await world.as_(world.tax).get(f"/v1/grants/{approved['grant']}"), 200)
    assert (grant["items"], grant["remarks"]) == (["uscc"], "仅限核对")
    assert grant["valid_until"] == "2027-01-01T00:00:00Z"
    issued = (await world.said())[-1]
    assert issued["type"] == "requests.grant-issued.v1"
    assert issued["subject"] == issued["data"]["grant"] == approved["grant"]
    assert issued["data"]["items"] == ["uscc"]
    assert issued["data"]["grantee"] == str(world.tax.department)
    assert issued["data"]["provider"] == issued["department"] == str(world.market.department)


async def test_an_approval_without_terms_covers_all_that_was_asked_for(world: World) -> None:
    approved = told(await world.approve(await world.open_request()), 200)
    assert approved["decision"] == "approved"
    grant = told(await world.as_(world.tax).get(f"/v1/grants/{approved['grant']}"), 200)
    assert (grant["items"], grant["valid_until"]) == (["uscc", "name"], None)


async def test_an_approval_cannot_widen_the_request(world: World) -> None:
    problem = refused(
        await world.approve(await world.open_request(), items=["uscc", "phone"]),
        409,
        "request-items-not-requested",
    )
    assert [e["field"] for e in problem["errors"]] == ["items.1"]


async def test_an_approval_cannot_end_before_it_begins(world: World) -> None:
    past = (MONDAY - timedelta(days=1)).isoformat()
    answer = await world.approve(await world.open_request(), valid_until=past)
    refused(answer, 409, "request-validity-past")


async def test_an_approval_cannot_cover_an_item_that_the_resource_has_lost(world: World) -> None:
    event = published(provider=world.market.department)
    request = told(await world.ask(await world.publish(event)), 201)["id"]
    newer = published(
        provider=world.market.department,
        resource=event.resource,
        version=2,
        resource_version=2,
        items=["uscc", "phone"],
    )
    await world.publish(newer)
    refused(await world.approve(request), 409, "request-items-unknown")
    approved = told(await world.approve(request, items=["uscc"]), 200)
    grant = told(await world.as_(world.tax).get(f"/v1/grants/{approved['grant']}"), 200)
    assert grant["resource_version"] == 2


async def test_a_second_decision_is_refused_and_says_nothing(world: World) -> None:
    request = await world.open_request()
    told(await world.approve(request), 200)
    refused(await world.approve(request), 409, "request-illegal-move")
    refused(await world.refuse(request, reasons="迟了"), 409, "request-illegal-move")
    assert await world.subjects() == [
        "requests.submitted.v1",
        "requests.approved.v1",
        "requests.grant-issued.v1",
    ]


@pytest.mark.duty("D13", "jiangsu-2017 §16", "baoji-2017 §16")
async def test_a_refusal_states_its_reasons_and_the_requester_reads_them(world: World) -> None:
    request = await world.open_request()
    problem = refused(await world.refuse(request, reasons="  "), 409, "refusal-reasons-missing")
    assert problem["article"] == "baoji-2017 §16"
    told(await world.refuse(request, reasons="与所述职责无关"), 200)
    seen = await world.read(request)
    assert (seen["state"], seen["decision"], seen["grant"]) == ("refused", "refused", None)
    assert (seen["reasons"], seen["decision_article"]) == ("与所述职责无关", "baoji-2017 §16")
    said = (await world.said())[-1]
    assert (said["type"], said["data"]["reasons"]) == ("requests.refused.v1", "与所述职责无关")


async def test_a_department_withdraws_its_own_open_request(world: World) -> None:
    request = await world.open_request()
    provider = world.as_(world.market)
    refused(
        await provider.post(f"/v1/requests/{request}/withdraw"), 403, "request-not-the-requester"
    )
    requester = world.as_(world.tax)
    taken = told(await requester.post(f"/v1/requests/{request}/withdraw"), 200)
    assert taken["state"] == "withdrawn"
    refused(await requester.post(f"/v1/requests/{request}/withdraw"), 409, "request-illegal-move")
    refused(await world.approve(request), 409, "request-illegal-move")


async def test_a_department_does_not_ask_for_its_own_resource(world: World) -> None:
    answer = await world.ask(await world.resource(), by=world.market)
    refused(answer, 409, "request-own-resource")


async def test_only_items_of_the_resource_can_be_asked_for(world: World) -> None:
    answer = await world.ask(await world.resource(), items=["uscc", "salary"])
    problem = refused(answer, 409, "request-items-unknown")
    assert [e["field"] for e in problem["errors"]] == ["items.1"]
    assert "salary" not in str(problem)


async def test_what_the_catalogue_never_published_cannot_be_asked_for(world: World) -> None:
    refused(await world.ask(new_id()), 404, "request-resource-unknown")


async def test_a_second_open_request_of_one_purpose_names_the_first(world: World) -> None:
    resource = await world.resource()
    first = told(await world.ask(resource), 201)["id"]
    spaced = f" {PURPOSE} "
    problem = refused(await world.ask(resource, purpose=spaced), 409, "request-already-open")
    assert first in problem["detail"]
    told(await world.ask(resource, purpose="另一用途"), 201)
    told(await world.refuse(first, reasons="无关"), 200)
    told(await world.ask(resource), 201)


async def test_the_same_key_and_body_make_one_request(world: World) -> None:
    resource = await world.resource(ShareType.UNCONDITIONAL)
    first = told(await world.ask(resource, key="nightly-2026-03-02"), 201)
    again = told(await world.ask(resource, key="nightly-2026-03-02"), 200)
    assert again == first
    assert len(await world.said()) == 3


async def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    resource = await world.resource()
    told(await world.ask(resource, key="nightly-2026-03-02"), 201)
    answer = await world.ask(resource, key="nightly-2026-03-02", items=["uscc"])
    refused(answer, 409, "idempotency-key-reused")


async def test_a_key_whose_call_was_refused_can_be_used_again(world: World) -> None:
    resource = await world.resource()
    told(await world.ask(resource, key="nightly-2026-03-02", items=["salary"]), 409)
    told(await world.ask(resource, key="nightly-2026-03-02"), 201)


async def test_keys_of_two_departments_do_not_meet(world: World, principal: Principals) -> None:
    resource = await world.resource()
    first = told(await world.ask(resource, key="nightly-2026-03-02"), 201)["id"]
    other = await world.ask(resource, key="nightly-2026-03-02", by=principal(region=REGION))
    assert told(other, 201)["id"] != first


@pytest.mark.parametrize(
    "wrong",
    [
        {"duty": " "},
        {"purpose": ""},
        {"items": []},
        {"purpose": "a\x00b"},
        {"purpose": "长" * 501},
        {"resource": "307/000001"},
        {"unasked": True},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_a_malformed_request_is_refused_without_its_values(
    world: World, wrong: dict[str, object]
) -> None:
    body = {
        "resource": str(new_id()),
        "duty": DUTY,
        "purpose": PURPOSE,
        "items": ["uscc"],
        **wrong,
    }
    client = world.as_(world.tax)
    answer = await client.post(
        "/v1/requests", headers={"Idempotency-Key": "nightly-2026-03-02"}, json=body
    )
    problem = refused(answer, 422, "malformed")
    assert DUTY not in str(problem)


async def test_a_request_needs_an_idempotency_key(world: World) -> None:
    body = {"resource": str(new_id()), "duty": DUTY, "purpose": PURPOSE, "items": ["uscc"]}
    refused(await world.as_(world.tax).post("/v1/requests", json=body), 422, "malformed")


async def test_a_purpose_of_the_longest_length_fits_the_index(world: World) -> None:
    told(await world.ask(await world.resource(), purpose="𠀀" * 500), 201)


@pytest.mark.duty("D35", "jiangsu-2012 §13", "jiangsu-2017 §16", "baoji-2017 §16")
@pytest.mark.parametrize("withdrawn", [False, True], ids=["not-shared", "withdrawn"])
async def test_what_is_not_shared_can_be_asked_for_and_starts_in_negotiation(
    world: World, withdrawn: bool
) -> None:
    share_type = ShareType.CONDITIONAL if withdrawn else ShareType.NOT_SHARED
    event = published(provider=world.market.department, share_type=share_type)
    resource = await world.publish(event)
    if withdrawn:
        await world.withdraw_resource(event)
    request = told(await world.ask(resource), 201)
    assert (request["state"], request["path"]) == ("negotiating", "negotiation")
    assert (request["due_on"], request["grant"]) == (None, None)
    assert (await world.read(request["id"], by=world.market))["state"] == "negotiating"
    refused(await world.ask(resource), 409, "request-already-open")
    approved = told(await world.approve(request["id"], items=["name"]), 200)
    assert (approved["state"], approved["decision"]) == ("approved", "approved-in-part")
    assert approved["grant"]


async def test_the_provider_refuses_a_negotiated_request_too(world: World) -> None:
    request = told(await world.ask(await world.resource(ShareType.NOT_SHARED)), 201)
    told(await world.refuse(request["id"], reasons="法律规定不予共享"), 200)
    assert (await world.read(request["id"]))["state"] == "refused"


@pytest.mark.duty("D07", "baoji-2017 §15(4)")
async def test_a_private_item_is_never_granted_at_once_and_makes_the_grant_sensitive(
    world: World,
) -> None:
    event = published(
        provider=world.market.department,
        share_type=ShareType.UNCONDITIONAL,
        secret_items=["phone"],
    )
    resource = await world.publish(event)
    request = told(await world.ask(resource, items=["name", "phone"]), 201)
    assert (request["state"], request["sensitive"]) == ("submitted", True)
    told(await world.approve(request["id"]), 200)
    harmless = told(await world.ask(resource, items=["name"]), 201)
    assert (harmless["state"], harmless["sensitive"]) == ("approved", False)
    grades = [e["data"]["grade"] for e in await world.said() if "grant-issued" in e["type"]]
    assert grades == [Grade.SENSITIVE, Grade.ORDINARY]


async def test_a_grant_is_revoked_once_with_its_reason(world: World) -> None:
    grant = told(await world.approve(await world.open_request()), 200)["grant"]
    path = f"/v1/grants/{grant}/revoke"
    refused(
        await world.as_(world.tax).post(path, json={"reason": "不再需要"}),
        403,
        "request-not-the-provider",
    )
    provider = world.as_(world.market)
    refused(await provider.post(path, json={"reason": " "}), 422, "malformed")
    told(await provider.post(path, json={"reason": "职能调整"}), 200)
    refused(await provider.post(path, json={"reason": "再次"}), 409, "grant-revoked-already")
    seen = told(await world.as_(world.tax).get(f"/v1/grants/{grant}"), 200)
    assert (seen["state"], seen["revocation_reason"]) == ("revoked", "职能调整")
    said = (await world.said())[-1]
    assert (said["type"], said["subject"]) == ("requests.grant-revoked.v1", grant)
    assert said["data"] == {"grant": grant, "reason": "职能调整"}
    assert said["aggregateversion"] == 2


async def test_a_grant_expires_by_itself(world: World) -> None:
    until = MONDAY + timedelta(days=1)
    answer = await world.approve(await world.open_request(), valid_until=until.isoformat())
    grant = told(answer, 200)["grant"]
    tax = world.as_(world.tax)
    assert told(await tax.get(f"/v1/grants/{grant}"), 200)["state"] == "active"
    with clock.turn(until):
        assert told(await tax.get(f"/v1/grants/{grant}"), 200)["state"] == "expired"
        listed = told(await tax.get("/v1/grants", params={"state": "expired"}), 200)
        assert [g["id"] for g in listed["items"]] == [grant]
        assert told(await tax.get("/v1/grants", params={"state": "active"}), 200)["items"] == []
