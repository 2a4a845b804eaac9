"""Who may know of a request or a grant, and who may do what to it."""

from dataclasses import replace

import pytest

from shared.ids import new_id
from shared.principal import Permission, PrincipalKind
from tests.callers import Principals
from tests.requests.world import REGION, World, published, refused, told


@pytest.mark.duty("D16", "baoji-2017 §18", "jiangsu-2017 §17")
@pytest.mark.parametrize("action", ["approve", "refuse", "withdraw"])
async def test_a_stranger_cannot_tell_that_a_request_exists(
    world: World, principal: Principals, action: str
) -> None:
    request = await world.open_request()
    stranger = world.as_(principal(region=REGION))
    real = await stranger.get(f"/v1/requests/{request}")
    none = await stranger.get(f"/v1/requests/{new_id()}")
    assert refused(real, 404, "request-not-found")["detail"] == none.json()["detail"]
    body = {"approve": {}, "refuse": {"reasons": "无关"}, "withdraw": None}[action]
    answer = await stranger.post(f"/v1/requests/{request}/{action}", json=body)
    refused(answer, 404, "request-not-found")
    assert told(await stranger.get("/v1/requests"), 200)["items"] == []


async def test_a_stranger_cannot_tell_that_a_grant_exists(
    world: World, principal: Principals
) -> None:
    grant = told(await world.approve(await world.open_request()), 200)["grant"]
    stranger = world.as_(principal(region=REGION))
    refused(await stranger.get(f"/v1/grants/{grant}"), 404, "grant-not-found")
    answer = await stranger.post(f"/v1/grants/{grant}/revoke", json={"reason": "无关"})
    refused(answer, 404, "grant-not-found")
    assert told(await stranger.get("/v1/grants"), 200)["items"] == []


@pytest.mark.duty("D39", "jiangsu-2012 §32", "yixing-2016 §27")
@pytest.mark.parametrize("authority", [REGION, "610000"], ids=["of-the-city", "above-it"])
async def test_the_competent_authority_reads_and_does_not_decide(
    world: World, principal: Principals, authority: str
) -> None:
    request = await world.open_request()
    supervisor = principal(region=authority, authority=authority)
    assert (await world.read(request, by=supervisor))["state"] == "submitted"
    listed = told(await world.as_(supervisor).get("/v1/requests"), 200)["items"]
    assert [r["id"] for r in listed] == [request]
    refused(await world.approve(request, by=supervisor), 403, "request-not-the-provider")
    refused(await world.refuse(request, by=supervisor), 403, "request-not-the-provider")
    grant = told(await world.approve(request), 200)["grant"]
    told(await world.as_(supervisor).get(f"/v1/grants/{grant}"), 200)
    answer = await world.as_(supervisor).post(f"/v1/grants/{grant}/revoke", json={"reason": "x"})
    refused(answer, 403, "request-not-the-provider")


@pytest.mark.parametrize(
    "authority",
    ["610000/610400", "610000/61030", "610000/610300/610302", "61%", ""],
    ids=["neighbour", "prefix-of-a-code", "below", "pattern", "empty"],
)
async def test_the_authority_of_another_region_is_a_stranger(
    world: World, principal: Principals, authority: str
) -> None:
    request = await world.open_request()
    other = world.as_(principal(region=authority, authority=authority))
    refused(await other.get(f"/v1/requests/{request}"), 404, "request-not-found")


async def test_the_requester_does_not_decide(world: World) -> None:
    request = await world.open_request()
    refused(await world.approve(request, by=world.tax), 403, "request-not-the-provider")
    refused(await world.refuse(request, by=world.tax), 403, "request-not-the-provider")


async def test_a_person_who_moved_to_the_provider_does_not_decide_on_their_own_request(
    world: World,
) -> None:
    request = await world.open_request()
    moved = replace(world.tax, department=world.market.department)
    refused(await world.approve(request, by=moved), 403, "request-own-decision")
    refused(await world.refuse(request, by=moved, reasons="x"), 403, "request-own-decision")
    told(await world.approve(request), 200)


async def test_a_departments_system_may_ask_like_its_people(
    world: World, principal: Principals
) -> None:
    system = principal(
        Permission.REQUEST_SUBMIT,
        kind=PrincipalKind.CLIENT,
        department=world.tax.department,
        region=REGION,
    )
    request = told(await world.ask(await world.resource(), by=system), 201)["id"]
    assert (await world.read(request))["requester"] == str(world.tax.department)


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("POST", "/v1/requests", Permission.REQUEST_SUBMIT),
        ("GET", "/v1/requests", Permission.REQUEST_READ),
        ("GET", "/v1/requests/{unknown}", Permission.REQUEST_READ),
        ("POST", "/v1/requests/{unknown}/approve", Permission.REQUEST_DECIDE),
        ("POST", "/v1/requests/{unknown}/refuse", Permission.REQUEST_DECIDE),
        ("POST", "/v1/requests/{unknown}/withdraw", Permission.REQUEST_SUBMIT),
        ("GET", "/v1/grants", Permission.GRANT_READ),
        ("GET", "/v1/grants/{unknown}", Permission.GRANT_READ),
        ("POST", "/v1/grants/{unknown}/revoke", Permission.GRANT_REVOKE),
    ],
)
async def test_every_operation_needs_its_permission_and_a_passport(
    world: World, principal: Principals, method: str, path: str, needed: Permission
) -> None:
    others = [permission for permission in Permission if permission is not needed]
    path = path.format(unknown=new_id())
    answer = await world.as_(principal(*others)).request(method, path)
    refused(answer, 403, "permission-missing")
    refused(await world.as_(None).request(method, path), 401, "passport-invalid")


async def test_lists_narrow_by_side_state_resource_and_go_page_by_page(world: World) -> None:
    resources = [await world.resource() for _ in range(3)]
    asked = [told(await world.ask(resource), 201)["id"] for resource in resources]
    own = await world.publish(published(provider=world.tax.department))
    answering = told(await world.ask(own, by=world.market), 201)["id"]
    told(await world.approve(asked[0]), 200)
    tax = world.as_(world.tax)

    async def ids(**params: str | int) -> list[str]:
        answer = told(await tax.get("/v1/requests", params=params), 200)
        return [request["id"] for request in answer["items"]]

    assert await ids() == [answering, *reversed(asked)]
    assert await ids(role="provider") == [answering]
    assert await ids(role="requester", state="submitted") == [asked[2], asked[1]]
    assert await ids(resource=str(resources[1])) == [asked[1]]
    first = told(await tax.get("/v1/requests", params={"limit": 3}), 200)
    rest = await ids(limit=3, cursor=first["next"])
    assert [r["id"] for r in first["items"]] + rest == [answering, *reversed(asked)]
    market = world.as_(world.market)
    given = told(await market.get("/v1/grants", params={"role": "provider"}), 200)["items"]
    assert [grant["request"] for grant in given] == [asked[0]]
    held = told(await market.get("/v1/grants", params={"role": "grantee"}), 200)["items"]
    assert held == []
