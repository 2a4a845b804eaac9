"""Who leaves is out of every circle of knowledge; the colleague who follows does not inherit it."""

from uuid import UUID

import pytest

from shared.events.gateway import OperatorClosed
from shared.ids import new_id
from tests.requests.test_circles import ANNA, BERT, granted, name, read
from tests.requests.test_consumers import hear
from tests.requests.world import MONDAY, World, refused, told

CIRCLE_CHANGED = "requests.grant-circle-changed.v1"


def closed(world: World, operator: UUID, successor: UUID | None = None) -> OperatorClosed:
    """That the account of somebody of the grantee was closed."""
    return OperatorClosed(
        at=MONDAY,
        actor=f"operator:{new_id()}",
        department=world.tax.department,
        aggregate=operator,
        operator=operator,
        owner=world.tax.department,
        successor=successor,
    )


@pytest.mark.duty("D38", "baoji-2017 §15(4)")
async def test_who_leaves_is_out_of_every_circle_and_it_is_said_of_each(world: World) -> None:
    grant = await granted(world, circle=[str(ANNA), str(BERT)])
    assert await hear(world, closed(world, ANNA, successor=UUID(int=9)), 1)
    assert (await read(world, grant["id"]))["circle"] == [str(BERT)]
    said = [e for e in await world.said() if e["type"] == CIRCLE_CHANGED]
    assert [(e["subject"], e["data"]["circle"]) for e in said] == [(grant["id"], [str(BERT)])]
    assert await hear(world, closed(world, BERT), 2)
    # Nobody is left: it stays a circle, and only the provider names another.
    assert (await read(world, grant["id"]))["circle"] == []
    refused(await name(world, world.tax, grant["id"], [ANNA], '"3"'), 409, "grant-circle-widened")
    told(await name(world, world.market, grant["id"], [BERT], '"3"'), 200)


async def test_the_same_closing_twice_and_a_revoked_grant_change_nothing(world: World) -> None:
    grant = await granted(world, circle=[str(ANNA)])
    revoke = f"/v1/grants/{grant['id']}/revoke"
    told(await world.as_(world.market).post(revoke, json={"reason": "x"}), 200)
    event = closed(world, ANNA)
    assert await hear(world, event, 1)
    assert not await hear(world, event, 1)
    assert [e for e in await world.said() if e["type"] == CIRCLE_CHANGED] == []
