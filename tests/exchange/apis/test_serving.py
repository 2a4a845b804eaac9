"""A front-end machine takes its department's calls, each at most once."""

import asyncio
import contextlib
from uuid import UUID

import httpx
import pytest

from services.exchange.apis import front_ends
from services.exchange.apis.arguments import Outgoing
from services.exchange.apis.breaker import State
from services.exchange.apis.definition import Operation
from services.exchange.apis.faults import ProviderBrokeOff
from shared.background import beside
from shared.ids import new_id
from shared.principal import Principal
from tests.exchange.apis.office import BY_ID, PERSON, SEARCH, Office, fault
from tests.exchange.apis.system import HOUSEHOLD
from tests.exchange.world import Json

SERVED: Json = {"way": "front-end-machine", "address": None}


async def post(
    office: Office, by: Principal, path: str, body: Json | None = None, **more: str
) -> httpx.Response:
    async with office.world.call(by) as client:
        return await client.post(f"/v1/served-calls{path}", json=body, params=more)


async def take(office: Office, by: Principal, **wanted: object) -> list[str]:
    answer = await post(office, by, "", {"seconds": 5, **wanted})
    assert answer.status_code == 200, answer.text
    found: list[str] = answer.json()["calls"]
    return found


async def answer(
    office: Office, by: Principal, call: str, body: bytes = HOUSEHOLD
) -> httpx.Response:
    async with office.world.call(by) as client:
        return await client.post(
            f"/v1/served-calls/{call}/answer",
            params={"status": "200"},
            content=body,
            headers={"Content-Type": "application/json"},
        )


@pytest.mark.duty("D17", "jiangsu-2012 §15", "baoji-2017 §16")
async def test_a_machine_takes_a_call_and_its_answer_goes_to_the_caller(office: Office) -> None:
    await office.open(SEARCH, **SERVED)
    holder, machine = await office.world.grant("name", "uscc"), office.world.provider
    asked = asyncio.create_task(office.ask(holder, "search", name="某"))
    [call] = await take(office, machine)
    told = (await post(office, machine, f"/{call}/accept")).json()
    assert (told["method"], told["target"], told["body"]) == ("POST", "/search", '{"xm":"某"}')
    assert 0 < told["seconds"] <= 2
    assert (await answer(office, machine, call)).status_code == 204
    got = await asked
    assert (got.status_code, got.content) == (200, HOUSEHOLD)
    assert got.headers["x-huitong-answer"] == "live"
    assert (await answer(office, machine, call)).status_code == 404


async def test_what_was_accepted_is_never_handed_out_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_ends, "_OFFER_SECONDS", 0.2)
    await office.open(BY_ID, **SERVED)
    holder, machine = await office.world.grant("name"), office.world.provider
    asked = asyncio.create_task(office.ask(holder, id_number=PERSON))
    [call] = await take(office, machine)
    # Whoever took the offer died: it is made again.
    assert await take(office, machine) == [call]
    assert (await post(office, machine, f"/{call}/accept")).status_code == 200
    again = await post(office, machine, f"/{call}/accept")
    assert fault(again)[:2] == (409, "served-call-over")
    assert await take(office, machine, seconds=0) == []
    # It accepted and died: the caller is told whose fault that is, and nobody is asked twice.
    assert fault(await asked) == (504, "provider-late", "provider")
    assert fault(await answer(office, machine, call))[:2] == (404, "served-call-unknown")


async def test_nobody_elses_machine_comes_near_a_call(office: Office) -> None:
    await office.open(BY_ID, **SERVED)
    holder, machine = await office.world.grant("name"), office.world.provider
    stranger = office.world.principal()
    async with beside(_asking(office, holder)):
        [call] = await take(office, machine)
        assert await take(office, stranger, seconds=0) == []
        assert await take(office, stranger, seconds=0, resources=[str(office.world.resource)]) == []
        for path in ("accept", "fail"):
            refused = await post(office, stranger, f"/{call}/{path}", {"wrong": "late"})
            assert refused.status_code == 404
        assert (await answer(office, stranger, call)).status_code == 404
        # Its own machine answers only what it accepted.
        assert fault(await answer(office, machine, call))[:2] == (409, "served-call-over")


async def _asking(office: Office, holder: Principal) -> None:
    await office.ask(holder, id_number=PERSON)


async def test_a_machine_that_is_away_is_told_of_as_the_providers_fault(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_ends, "PICK_UP_SECONDS", 0.2)
    await office.open(BY_ID, **SERVED)
    holder = await office.world.grant("name")
    away = await office.ask(holder, id_number=PERSON)
    assert fault(away) == (503, "front-end-machine-away", "provider")
    # Nobody has come for a minute: both sides see it, and it is over when the machine comes.
    found = office.interfaces
    found.watch._since = asyncio.get_running_loop().time() - 61
    await found.watch.look()
    assert (await office.provider("GET")).json()["system"]["breaker"] != State.CLOSED
    assert len(await office.world.events("exchange.api-away.v1")) == 1
    assert await take(office, office.world.provider, seconds=0) == []
    await found.watch.look()
    assert (await office.provider("GET")).json()["system"]["breaker"] == State.CLOSED
    assert len(await office.world.events("exchange.api-back.v1")) == 1


async def test_a_machine_says_what_is_wrong_with_its_system(office: Office) -> None:
    await office.open(BY_ID, **SERVED)
    holder, machine = await office.world.grant("name"), office.world.provider
    asked = asyncio.create_task(office.ask(holder, id_number=PERSON))
    [call] = await take(office, machine)
    await post(office, machine, f"/{call}/accept")
    assert (
        await post(office, machine, f"/{call}/fail", {"wrong": "unreachable"})
    ).status_code == 204
    assert fault(await asked) == (502, "provider-unreachable", "provider")


async def test_an_answer_that_is_broken_off_is_none() -> None:
    pipe = front_ends.Pipe()
    await pipe.put(HOUSEHOLD[:5])
    pipe.break_off()
    with pytest.raises(ProviderBrokeOff):
        [piece async for piece in pipe.pieces()]
    with pytest.raises(front_ends.ServedCallOver):
        await pipe.put(HOUSEHOLD[5:])


async def test_who_sends_to_a_caller_that_has_left_is_let_go() -> None:
    pipe, let_go = front_ends.Pipe(), asyncio.Event()

    async def send() -> None:
        try:
            while True:
                await pipe.put(HOUSEHOLD)
        except front_ends.ServedCallOver:
            let_go.set()

    async with asyncio.timeout(5), beside(send()):
        await asyncio.sleep(0.05)
        pipe.close()
        await let_go.wait()


async def test_the_department_that_has_the_fewest_under_way_is_served_first() -> None:
    calls, resource, provider, many, one = front_ends.FrontEnds(), *(new_id() for _ in range(4))
    operation = Operation.model_validate(SEARCH)
    request = Outgoing("POST", "/search", "application/json", b"{}")

    async def ask(department: UUID) -> None:
        async with calls.asking(resource, provider, department, operation, request, 60.0):
            pass

    async with contextlib.AsyncExitStack() as asking:
        for department in (many, many, many, one):
            await asking.enter_async_context(beside(ask(department)))
        await asyncio.sleep(0)
        found = [await calls.offer(provider, {resource}, 1, 0.0) for _ in range(4)]
    assert [call.department for [call] in found] == [many, one, many, many]
