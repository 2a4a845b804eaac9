"""保密审查: a step of its own, by a third person of the department, who says what there is."""

import pytest

from shared.principal import PrincipalKind
from tests.callers import Principals
from tests.catalog.world import CITY, MakeWorld, World, entry, penalties, refused, told

PHONE = {
    "code": "phone",
    "name": "联系电话",
    "type": "C",
    "length": 20,
    "secrecy": "personal-privacy",
}


def private() -> dict[str, object]:
    """An entry with a private item."""
    items = [item | {"share_type": "unconditional"} for item in entry()["items"]]
    return entry(
        share_type="conditional",
        share_condition="用于核实登记联系人",
        grade="sensitive",
        items=[*items, PHONE],
    )


@pytest.mark.duty(
    "D07", "baoji-2017 §20", "jiangsu-2012 §19", "jiangsu-2017 §21", "yixing-2016 §12"
)
@pytest.mark.parametrize("rulebook", ["jiangsu-2012", "jiangsu-2017", "yixing-2016", "baoji-2017"])
async def test_nothing_is_published_before_it_was_reviewed_for_secrets(
    world_of: MakeWorld, rulebook: str
) -> None:
    world = await world_of(rulebook)
    resource = await world.reviewed()
    refused(await world.publish(resource), 409, "resource-illegal-move")
    assert told(await world.review_secrecy(resource), 200)["state"] == "cleared"
    assert told(await world.publish(resource), 200)["state"] == "published"


@pytest.mark.duty("D07", "baoji-2017 §15(4)", "baoji-2017 §20")
async def test_the_secrecy_review_finds_what_the_entry_states_or_returns_it(world: World) -> None:
    resource = await world.reviewed(private())
    problem = refused(await world.review_secrecy(resource, found=[]), 409, "secrecy-differs")
    assert problem["article"] == "baoji-2017 §20"
    more = ["personal-privacy", "commercial-secret"]
    refused(await world.review_secrecy(resource, found=more), 409, "secrecy-differs")
    told(await world.review_secrecy(resource, found=["personal-privacy"]), 200)
    said = (await world.said())[-1]
    assert said["type"] == "catalog.resource-cleared.v1"
    assert (said["data"]["found"], said["actor"]) == (["personal-privacy"], world.guardian.actor)


async def test_the_secrecy_of_the_whole_counts_as_what_was_found(world: World) -> None:
    resource = await world.reviewed(penalties())
    refused(await world.review_secrecy(resource, found=["none"]), 409, "secrecy-differs")
    told(await world.review_secrecy(resource, found=["personal-privacy", "none"]), 200)


@pytest.mark.duty("D07", "baoji-2017 §20")
async def test_neither_compiler_nor_reviewer_nor_a_system_reviews_for_secrets(
    world: World, principal: Principals
) -> None:
    resource = await world.reviewed()
    by = world.compiler
    refused(await world.review_secrecy(resource, by=by), 403, "compiler-may-not-review")
    by = world.reviewer
    refused(await world.review_secrecy(resource, by=by), 403, "reviewer-may-not-clear")
    system = principal(kind=PrincipalKind.CLIENT, department=by.department, region=CITY)
    refused(await world.review_secrecy(resource, by=system), 403, "resource-person-required")
    authority = await world.review_secrecy(resource, by=world.publisher)
    refused(authority, 403, "resource-wrong-side")
    stranger = await world.review_secrecy(resource, by=world.stranger, found=[])
    refused(stranger, 404, "resource-unknown")


async def test_the_secrecy_review_returns_an_entry_with_remarks(world: World) -> None:
    resource = await world.reviewed()
    refused(await world.review_secrecy(resource, "return"), 422, "malformed")
    remarks = "“联系电话”应标明个人隐私"
    returned = await world.review_secrecy(resource, "return", remarks=remarks)
    assert told(returned, 200)["state"] == "draft"
    path = f"/v1/resources/{resource}/versions"
    steps = told(await world.as_(world.compiler).get(path), 200)["items"][0]["steps"]
    last = steps[-1]
    assert (last["action"], last["remarks"], last["actor"]) == (
        "object",
        remarks,
        world.guardian.actor,
    )


async def test_who_reviewed_a_version_once_never_reviews_it_for_secrets(world: World) -> None:
    """Also after it was returned, mended and passed by somebody else."""
    resource = await world.reviewed()
    told(await world.review_secrecy(resource, "return", remarks="改"), 200)
    told(await world.submit(resource), 200)
    told(await world.review(resource, by=world.guardian), 200)
    for by in (world.reviewer, world.guardian):
        refused(await world.review_secrecy(resource, by=by), 403, "reviewer-may-not-clear")


async def test_the_department_s_reviewer_cannot_return_in_the_place_of_the_secrecy_review(
    world: World,
) -> None:
    resource = await world.reviewed()
    late = await world.review(resource, "return", remarks="改")
    refused(late, 409, "resource-illegal-move")


async def test_who_stands_in_for_a_colleague_does_not_do_what_the_colleague_may_not(
    world: World, principal: Principals
) -> None:
    """A deputy's hands are the colleague's too, whichever of the two compiled."""
    deputy = principal(department=world.compiler.department, on_behalf_of=world.compiler.id)
    resource = await world.submitted()
    refused(await world.review(resource, by=deputy), 403, "compiler-may-not-review")
    compiled = (await world.compile(entry(name="企业变更台账"), by=deputy)).json()["id"]
    told(await world.submit(compiled, deputy), 200)
    refused(await world.review(compiled, by=world.compiler), 403, "compiler-may-not-review")
    told(await world.review(compiled), 200)
