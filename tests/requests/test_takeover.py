"""Takeover of old grants: brought in by the authority, confirmed by the provider, never wider."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import httpx
import pytest

from services.requests.granting import Offer, OfferedItem
from services.requests.takeover import rules
from services.requests.takeover.rules import Known, Terms
from shared.events.catalog import Grade, ShareType
from shared.ids import new_id
from shared.principal import Permission, Principal
from tests.callers import Principals
from tests.requests.test_suspensions import know
from tests.requests.world import REGION, Json, World, published, refused, told

PLATFORM = "旧共享交换平台"
_OFFER = Offer(ShareType.CONDITIONAL, Grade.ORDINARY, (OfferedItem("uscc"), OfferedItem("name")))
_TAX, _MARKET = UUID(int=1), UUID(int=2)
_AT = datetime(2026, 3, 2, tzinfo=UTC)
_GONE = Offer(ShareType.CONDITIONAL, Grade.ORDINARY, (OfferedItem("uscc"),), withdrawn=True)


@pytest.mark.parametrize(
    ("known", "grantee", "items", "granted_on", "valid_until", "codes"),
    [
        (Known(_MARKET, _OFFER, True), _TAX, ["uscc"], date(2019, 6, 3), None, []),
        (Known(None, None, True), _TAX, ["uscc"], date(2019, 6, 3), None, ["resource-unknown"]),
        (Known(_MARKET, _GONE, True), _TAX, ["uscc"], date(2019, 6, 3), None, ["withdrawn"]),
        (
            Known(_MARKET, _OFFER, False),
            _TAX,
            ["uscc"],
            date(2019, 6, 3),
            None,
            ["department-unknown"],
        ),
        (Known(_TAX, _OFFER, True), _TAX, ["uscc"], date(2019, 6, 3), None, ["own-resource"]),
        (
            Known(_MARKET, _OFFER, True),
            _TAX,
            ["uscc", "phone"],
            date(2026, 3, 3),
            _AT,
            ["unknown-item", "in-future", "ended"],
        ),
    ],
)
def test_an_old_grant_is_refused_with_everything_that_is_wrong(
    known: Known,
    grantee: UUID,
    items: list[str],
    granted_on: date,
    valid_until: datetime | None,
    codes: list[str],
) -> None:
    found = rules.faults(
        "grants.0",
        known,
        grantee=grantee,
        items=items,
        granted_on=granted_on,
        valid_until=valid_until,
        today=_AT.date(),
        at=_AT,
    )
    assert [fault.code for fault in found] == codes


def test_terms_are_kept_or_narrowed_and_never_widened() -> None:
    end, later = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
    nothing, old = Terms(None, None, None), Terms(end, 100, None)
    assert rules.narrowed(old, nothing) == old
    assert rules.narrowed(nothing, old) == old
    assert rules.narrowed(old, Terms(_AT, 10, 5)) == Terms(_AT, 10, 5)
    for wider in (Terms(later, None, None), Terms(None, 101, None)):
        with pytest.raises(rules.GrantTakeoverWidened):
            rules.narrowed(old, wider)


@pytest.fixture
def bureau(principal: Principals) -> Principal:
    """The coordinator of the city's competent authority."""
    return principal(
        Permission.GRANT_TAKE_OVER,
        Permission.GRANT_READ,
        Permission.REQUEST_DECIDE,
        region=REGION,
        authority=REGION,
    )


def old(resource: UUID, grantee: Principal, **changes: object) -> Json:
    """One grant of the old platform's."""
    return {
        "reference": "共享协议〔2019〕17号",
        "granted_on": "2019-06-03",
        "grantee": str(grantee.department),
        "resource": str(resource),
        "items": ["uscc", "name"],
        "purpose": "核对新设企业的税务登记",
        "basis": "《税收征收管理法》第六条",
        "valid_until": "2027-12-31T16:00:00Z",
        "quota": {"calls_per_day": 2000},
    } | changes


async def bring(
    world: World, by: Principal, *grants: Json, rehearse: bool = False
) -> httpx.Response:
    """Bring old grants in, or see what would come of it."""
    body = {"platform": PLATFORM, "reason": "旧平台停用", "grants": list(grants)}
    client = world.as_(by)
    if rehearse:
        return await client.post("/v1/grant-takeovers/rehearse", json=body)
    return await client.put("/v1/grant-takeovers", json=body)


async def waiting(world: World, by: Principal) -> Json:
    """The one old grant that waits."""
    answer = await world.as_(by).get("/v1/grant-takeovers", params={"state": "proposed"})
    (found,) = told(answer, 200)["items"]
    return dict(found)


async def settle(
    world: World, by: Principal, takeover: str, how: str, **body: object
) -> httpx.Response:
    """Confirm, refuse or cancel an old grant."""
    return await world.as_(by).post(f"/v1/grant-takeovers/{takeover}/{how}", json=body)


async def test_an_old_grant_becomes_one_here_once_its_provider_confirms_it(
    world: World, bureau: Principal, principal: Principals
) -> None:
    await know(world, world.tax)
    resource = await world.resource()
    tried = told(await bring(world, bureau, old(resource, world.tax), rehearse=True), 200)
    assert tried == {"new": 1, "known": 0, "faults": [], "applied": False}
    assert await world.subjects() == []
    told(await bring(world, bureau, old(resource, world.tax)), 200)
    again = told(await bring(world, bureau, old(resource, world.tax)), 200)
    assert again == {"new": 0, "known": 1, "faults": [], "applied": True}
    takeover = (await waiting(world, world.tax))["id"]
    # Nothing is granted yet, and only the provider lets it go on.
    assert told(await world.as_(world.tax).get("/v1/grants"), 200)["items"] == []
    for other in (world.tax, bureau):
        answer = await settle(world, other, takeover, "confirm")
        refused(answer, 403, "request-not-the-provider")
    stranger = principal(region="320000/320200", authority="320000/320200")
    refused(await settle(world, stranger, takeover, "confirm"), 404, "grant-takeover-not-found")
    wider = await settle(
        world, world.market, takeover, "confirm", valid_until="2029-01-01T00:00:00Z"
    )
    refused(wider, 409, "grant-takeover-widened")
    beyond = await settle(world, world.market, takeover, "confirm", items=["uscc", "phone"])
    refused(beyond, 409, "request-items-not-requested")
    done = told(await settle(world, world.market, takeover, "confirm", items=["uscc"]), 200)
    assert done["state"] == "confirmed"
    grant = told(await world.as_(world.tax).get(f"/v1/grants/{done['grant']}"), 200)
    assert (grant["former_platform"], grant["former_reference"]) == (PLATFORM, done["reference"])
    assert (grant["items"], grant["state"]) == (["uscc"], "active")
    assert grant["valid_until"] == "2027-12-31T16:00:00Z"
    assert grant["quota"] == {"calls_per_day": 2000, "keys_per_day": None}
    request = await world.read(grant["request"])
    assert (request["path"], request["decision"]) == ("takeover", "approved-in-part")
    assert await world.subjects() == [
        "requests.grant-takeover-proposed.v1",
        "requests.grant-issued.v1",
        "requests.grant-taken-over.v1",
    ]
    twice = await settle(world, world.market, takeover, "confirm")
    refused(twice, 409, "grant-takeover-settled")


async def test_all_old_grants_come_in_or_none_and_every_fault_is_told(
    world: World, bureau: Principal, principal: Principals
) -> None:
    await know(world, world.tax)
    resource = await world.resource()
    elsewhere = await world.publish(
        published(provider=world.market.department, region="320000/320200")
    )
    bad = [
        old(resource, world.tax),
        old(elsewhere, world.tax, reference="2"),
        old(resource, world.market, reference="3"),
        old(resource, world.tax),
    ]
    problem = refused(await bring(world, bureau, *bad), 409, "grant-takeover-unfit")
    assert [fault["code"] for fault in problem["errors"]] == [
        "resource-unknown",
        "department-unknown",
        "repeated",
    ]
    report = told(await bring(world, bureau, *bad, rehearse=True), 200)
    assert (report["new"], len(report["faults"])) == (1, 3)
    listed = told(await world.as_(bureau).get("/v1/grant-takeovers"), 200)
    assert listed["items"] == []
    no_authority = principal(Permission.GRANT_TAKE_OVER, region=REGION)
    answer = await bring(world, no_authority, old(resource, world.tax))
    refused(answer, 403, "grant-takeover-not-the-authority")


async def test_who_brought_an_old_grant_in_does_not_confirm_it(
    world: World, principal: Principals
) -> None:
    await know(world, world.tax)
    both = principal(
        Permission.GRANT_TAKE_OVER,
        Permission.GRANT_READ,
        Permission.REQUEST_DECIDE,
        region=REGION,
        authority=REGION,
    )
    resource = await world.publish(published(provider=both.department))
    told(await bring(world, both, old(resource, world.tax)), 200)
    takeover = (await waiting(world, both))["id"]
    deputy = replace(both, id=new_id(), on_behalf_of=both.id)
    for one in (both, deputy):
        answer = await settle(world, one, takeover, "confirm")
        refused(answer, 403, "grant-takeover-own-decision")


async def test_what_was_called_off_or_refused_may_be_brought_in_anew(
    world: World, bureau: Principal
) -> None:
    await know(world, world.tax)
    event = published(provider=world.market.department)
    resource = await world.publish(event)
    told(await bring(world, bureau, old(resource, world.tax)), 200)
    otherwise = old(resource, world.tax, items=["uscc"])
    problem = refused(await bring(world, bureau, otherwise), 409, "grant-takeover-unfit")
    assert problem["errors"][0]["code"] == "said-otherwise"
    first = (await waiting(world, bureau))["id"]
    mine = await settle(world, world.tax, first, "cancel", reason="不需要")
    refused(mine, 403, "grant-takeover-not-the-authority")
    # Another region's authority that uses the data sees it, and calls nothing off.
    elsewhere = replace(world.tax, authority="320000/320200")
    other = await settle(world, elsewhere, first, "cancel", reason="不需要")
    refused(other, 403, "grant-takeover-not-the-authority")
    told(await settle(world, bureau, first, "cancel", reason="信息项有误"), 200)
    told(await bring(world, bureau, otherwise), 200)
    second = (await waiting(world, bureau))["id"]
    told(await settle(world, world.market, second, "refuse", reason="协议已终止"), 200)
    told(await bring(world, bureau, otherwise), 200)
    third = (await waiting(world, bureau))["id"]
    await world.withdraw_resource(event)
    stale = await settle(world, world.market, third, "confirm")
    refused(stale, 409, "grant-takeover-stale")
    missing = await settle(world, bureau, str(new_id()), "cancel", reason="无")
    refused(missing, 404, "grant-takeover-not-found")
