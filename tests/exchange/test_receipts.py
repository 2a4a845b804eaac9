"""What was handed out is confirmed by its holder, and both sides see how far it came."""

import hashlib
from typing import Any

import httpx

from services.exchange.digests import field
from shared.crypto import STANDARD
from shared.principal import Principal
from tests.exchange.tables import HEADER, line
from tests.exchange.world import Json, World

TWO = "\n".join([HEADER, line(1), line(2)]).encode()
THREE = "\n".join([HEADER, line(1), line(2), line(3)]).encode()


async def confirm(world: World, holder: Principal, told: Json, digest: str) -> httpx.Response:
    body = {
        "epoch": told["epoch"],
        "sequence": told.get("to", told.get("sequence")),
        "digest": digest,
    }
    async with world.call(holder) as client:
        return await client.post(f"/v1/deliveries/{holder.grant}/receipts", json=body)


async def progress(world: World, viewer: Principal, **query: str) -> list[dict[str, Any]]:
    async with world.call(viewer) as client:
        answer = await client.get("/v1/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def computed(world: World, files: list[Json]) -> str:
    """The digest over what was taken, as its taker computes it."""
    taken = [hashlib.sha256(await world.fetch(file)).digest() for file in files]
    return field(STANDARD, hashlib.sha256(b"".join(taken)).digest())


async def test_what_is_undelivered_and_unconfirmed_is_seen_by_both_sides(world: World) -> None:
    await world.publish(TWO)
    holder = await world.grant("name", "uscc")
    stranger = await world.grant("name")
    seen = []

    async def look() -> None:
        (mine,) = await progress(world, holder)
        theirs = await progress(world, world.provider, resource=str(world.resource))
        assert mine in theirs
        assert len(theirs) == 2
        seen.append((mine["standing"], mine["delivered"], mine["confirmed"]))

    await look()
    whole = (await world.ask(holder, "snapshot")).json()
    await look()
    digest = await computed(world, whole["files"])
    assert digest == whole["digest"]
    for _ in range(2):
        told = await confirm(world, holder, whole, digest)
        assert (told.status_code, told.json()["state"]) == (200, "confirmed")
    await look()
    await world.publish(THREE, key="batch-0002")
    await look()
    page = (await world.ask(holder, "changes", after="1")).json()
    # Told again it is the same delivery.
    await world.ask(holder, "changes", after="1")
    # Nothing new hands nothing out.
    await world.ask(holder, "changes", after="2")
    await look()
    files = [file for batch in page["batches"] for file in batch["files"]]
    await confirm(world, holder, page, await computed(world, files))
    await look()
    assert seen == [
        ("undelivered", None, None),
        ("unconfirmed", 1, None),
        ("confirmed", 1, 1),
        ("undelivered", 1, 1),
        ("unconfirmed", 2, 1),
        ("confirmed", 2, 2),
    ]
    assert await progress(world, world.provider, standing="unconfirmed") == []
    async with world.call(holder) as client:
        listed = (await client.get(f"/v1/deliveries/{holder.grant}")).json()["items"]
    assert [(d["kind"], d["after"], d["sequence"], d["rows"]) for d in listed] == [
        ("changes", 1, 2, 1),
        ("snapshot", 1, 1, 2),
    ]
    said = await world.events("exchange.delivery-confirmed.v1")
    assert [event["sequence"] for event in said] == [1, 2]

    async with world.call(stranger) as client:
        assert (await client.get(f"/v1/deliveries/{holder.grant}")).status_code == 404
        body = {"epoch": 1, "sequence": 1, "digest": digest}
        refused = await client.post(f"/v1/deliveries/{holder.grant}/receipts", json=body)
        assert refused.status_code == 404
    async with world.call(world.provider) as client:
        # The provider reads; only the holder confirms.
        refused = await client.post(f"/v1/deliveries/{holder.grant}/receipts", json=body)
        assert refused.status_code == 404


async def test_a_digest_that_differs_is_said_so_and_stays_on_record(world: World) -> None:
    await world.publish(TWO)
    holder = await world.grant("name", "uscc")
    whole = (await world.ask(holder, "snapshot")).json()
    wrong = field(STANDARD, hashlib.sha256(b"something else").digest())
    refused = await confirm(world, holder, whole, wrong)
    assert (refused.status_code, refused.json()["code"]) == (409, "receipt-differs")
    for side in (holder, world.provider):
        (found,) = await progress(world, side, standing="differs")
        assert (found["differs"], found["confirmed"]) == (1, None)
    (said,) = await world.events("exchange.delivery-differed.v1")
    assert said["holds"] == hashlib.sha256(b"something else").hexdigest()
    # Taken anew and right, it is confirmed.
    assert (await confirm(world, holder, whole, whole["digest"])).status_code == 200
    (found,) = await progress(world, holder)
    assert (found["standing"], found["differs"]) == ("confirmed", None)


async def test_only_what_was_handed_out_can_be_confirmed(world: World) -> None:
    holder = await world.grant("name", "uscc")
    (found,) = await progress(world, holder)
    assert found["standing"] == "nothing-published"
    await world.publish(TWO)
    digest = field(STANDARD, hashlib.sha256(b"").digest())
    refused = await confirm(world, holder, {"epoch": 1, "sequence": 1}, digest)
    assert (refused.status_code, refused.json()["code"]) == (409, "delivery-unknown")
    refused = await confirm(world, holder, {"epoch": 1, "sequence": 1}, "md5=:AAAA:")
    assert (refused.status_code, refused.json()["code"]) == (400, "digest-unreadable")
