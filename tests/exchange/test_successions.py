"""When departments follow one another: whose data it is, and who is served."""

from dataclasses import replace

from sqlalchemy import select

from services.exchange import consumers, successions
from services.exchange.base import Outbox
from shared import clock
from shared.events import catalog, requests
from shared.events.catalog import ResourceHandedOver
from shared.events.gateway import DepartmentChanged, DepartmentStatus
from shared.events.requests import GrantHandedOver
from shared.ids import new_id
from tests.exchange.test_delivery import THREE, table
from tests.exchange.world import World


async def test_the_data_is_its_new_providers_and_the_batches_of_before_are_readable(
    world: World,
) -> None:
    batch = await world.publish(table(1, 2, 3))
    before, after = world.provider, replace(world.provider, department=new_id())
    event = ResourceHandedOver(
        at=clock.now(),
        actor="service:catalog",
        department=None,
        aggregate=world.resource,
        version=world.version + 1,
        succession=new_id(),
        resource=world.resource,
        provider=after.department,
        formerly=before.department,
        region="610000/610300",
    )
    async with world.sessions.begin() as session:
        await successions.on_resource_handed_over(session, event)
    async with world.call(before) as former, world.call(after) as now:
        for path in (f"/v1/batches/{batch['id']}", f"/v1/resources/{world.resource}/batches"):
            assert (await former.get(path)).status_code == 404
            assert (await now.get(path)).status_code == 200
    world.provider = after
    assert (await world.publish(table(1, 2), key="batch-0002"))["sequence"] == 2


async def test_a_grant_that_was_handed_over_serves_its_new_holder_only(world: World) -> None:
    await world.publish(table(1, 2, 3))
    holder = await world.grant(*THREE)
    assert holder.grant is not None
    heir = replace(holder, department=new_id())
    event = GrantHandedOver(
        at=clock.now(),
        actor="service:requests",
        department=None,
        aggregate=holder.grant,
        version=2,
        succession=new_id(),
        grant=holder.grant,
        resource=world.resource,
        provider=world.provider.department,
        grantee=heir.department,
    )
    assert (await world.ask(heir, "snapshot")).status_code == 404
    for _ in range(2):
        async with world.sessions.begin() as session:
            await successions.on_grant_handed_over(session, event)
    assert (await world.ask(heir, "snapshot")).json()["rows"] == 3
    assert (await world.ask(holder, "snapshot")).status_code == 404


async def test_data_is_attributed_under_the_name_of_now(world: World) -> None:
    await world.publish(table(1, 2, 3))
    holder = await world.grant(*THREE)
    department = world.provider.department
    event = DepartmentChanged(
        at=clock.now(),
        actor="operator:registry",
        department=None,
        aggregate=department,
        version=2,
        owner=department,
        name="示例市市场监督管理局（知识产权局）",
        short_name="market",
        credit_code="11610300000000000X",
        region="610000/610300",
        parent=None,
        is_authority=False,
        formerly="示例市市场监督管理局",
        status=DepartmentStatus.ACTIVE,
        since=clock.now(),
        basis="示例办发〔2026〕5号",
    )
    async with world.sessions.begin() as session:
        await consumers.on_department_registered(session, event)
    manifest = (await world.ask(holder, "snapshot")).json()
    assert manifest["source"]["department_name"] == "示例市市场监督管理局（知识产权局）"


async def test_what_others_have_applied_is_said_to_be_known_here(world: World) -> None:
    succession, owner = new_id(), new_id()
    facts = {
        "at": clock.now(),
        "actor": "service:x",
        "department": None,
        "aggregate": owner,
        "succession": succession,
        "owner": owner,
        "moved": 4,
    }
    async with world.sessions.begin() as session:
        await successions.on_resources_applied(
            session, catalog.SuccessionApplied.model_validate(facts)
        )
        await successions.on_grants_applied(
            session, requests.SuccessionApplied.model_validate(facts)
        )
    async with world.sessions() as session:
        said = (await session.scalars(select(Outbox.body).order_by(Outbox.id))).all()
    found = [
        event["data"]["of"] for event in said if event["type"] == "exchange.succession-applied.v1"
    ]
    assert found == ["resources", "grants"]
