"""A call under a grant: guarded on its way out, told apart on its way back, and on record."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from services.exchange.apis.breaker import FAILURES, State
from shared import clock
from shared.ids import new_id
from tests.exchange.apis.office import BY_ID, PERSON, SEARCH, Office, fault
from tests.exchange.apis.system import HOUSEHOLD, Answer

SECRET = "correct-horse-battery-staple"


@pytest.mark.duty("D17", "baoji-2017 §16")
async def test_a_grantee_calls_the_providers_system_at_one_address(office: Office) -> None:
    await office.open()
    await office.credential(kind="header", name="X-Api-Key", value=SECRET)
    holder = await office.world.grant("name")
    answer = await office.ask(holder, id_number=PERSON)
    assert (answer.status_code, answer.content) == (200, HOUSEHOLD)
    assert answer.headers["x-huitong-answer"] == "live"
    assert answer.headers["x-huitong-source"] == str(office.world.provider.department)
    assert not {"set-cookie", "server"} & answer.headers.keys()
    [asked] = office.system.asked
    assert (asked.method, asked.target) == ("GET", f"/v2/households/{PERSON}")
    assert (asked.headers["x-api-key"], asked.headers["host"]) == (SECRET, office.system.host)
    [said] = await office.world.events("exchange.api-called.v1")
    assert (said["operation"], said["outcome"], said["status"]) == ("by-id", "live", 200)
    assert said["grant"] == str(holder.grant)
    assert PERSON not in str(said)


async def test_an_offer_says_what_may_be_called(office: Office) -> None:
    await office.open()
    holder = await office.world.grant("name")
    # The gateway seals a grant for what moves data, and for nothing else.
    async with office.world.call(replace(holder, grant=None)) as client:
        offer = (await client.get(f"/v1/grants/{holder.grant}/api")).json()
    may = {one["operation"]["name"]: one["granted"] for one in offer["operations"]}
    assert may == {"by-id": True, "search": False}
    assert (offer["department_name"], offer["system"]["breaker"]) == (
        "示例市市场监督管理局",
        "closed",
    )
    assert office.system.host not in str(offer)
    await office.world.narrow(holder, new_id())
    async with office.world.call(replace(holder, grant=None)) as client:
        assert (await client.get(f"/v1/grants/{holder.grant}/api")).status_code == 404


async def test_an_answer_that_holds_more_than_the_grant_is_not_asked_for(office: Office) -> None:
    await office.open()
    narrow = await office.world.grant("name")
    assert fault(await office.ask(narrow, "search", name="某"))[:2] == (
        409,
        "operation-not-granted",
    )
    wide = await office.world.grant("name", "uscc")
    assert (await office.ask(wide, "search", name="某")).status_code == 200
    assert office.system.asked[-1].body == '{"xm":"某"}'.encode()
    assert len(office.system.asked) == 1


async def test_what_was_not_registered_is_refused_before_anything_is_asked(office: Office) -> None:
    await office.open()
    holder = await office.world.grant("name")
    answer = await office.ask(holder, id_number="1")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "pattern")
    assert fault(await office.ask(holder, "nothing"))[:2] == (404, "api-unknown")
    await office.provider("POST", "/disable")
    assert fault(await office.ask(holder, id_number=PERSON))[:2] == (404, "api-unknown")
    await office.world.revoke(holder)
    assert (await office.ask(holder, id_number=PERSON)).status_code == 404
    assert office.system.asked == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(status=500), (502, "provider-failed", "provider")),
        (
            Answer(status=302, headers={"Location": "http://x"}),
            (502, "provider-failed", "provider"),
        ),
        (Answer(status=401), (502, "provider-refuses-platform", "provider")),
        (Answer(status=429), (503, "provider-busy", "provider")),
        (Answer(broken=True), (502, "provider-broke-off", "provider")),
        (Answer(silent=True), (502, "provider-broke-off", "provider")),
        (Answer(stall=3.0), (504, "provider-late", "provider")),
        (
            Answer(headers={"Content-Type": "text/html"}),
            (502, "provider-answer-unfit", "provider"),
        ),
        (Answer(headers={"Content-Encoding": "gzip"}), (502, "provider-answer-unfit", "provider")),
        (Answer(body=b"x" * 2000), (502, "provider-answer-unfit", "provider")),
    ],
    ids=["500", "302", "401", "429", "broken", "silent", "late", "html", "packed", "large"],
)
async def test_the_providers_faults_are_told_apart_from_ours(
    office: Office, answer: Answer, expected: tuple[int, str, str]
) -> None:
    await office.open(BY_ID | {"most_bytes": 1000, "timeout_seconds": 1})
    holder = await office.world.grant("name")
    office.system.usual = answer
    assert fault(await office.ask(holder, id_number=PERSON)) == expected
    assert len(office.system.asked) == 1
    [said] = await office.world.events("exchange.api-called.v1")
    assert (said["outcome"], said["status"]) == (expected[1], None)


async def test_what_the_system_says_of_a_question_comes_with_whose_it_is(office: Office) -> None:
    await office.open()
    holder = await office.world.grant("name")
    office.system.usual = Answer(status=404, body=b'{"message": "none"}')
    answer = await office.ask(holder, id_number=PERSON)
    assert (answer.status_code, answer.json()) == (404, {"message": "none"})
    assert answer.headers["x-huitong-answer"] == "live"


async def test_only_what_does_no_harm_is_asked_again(office: Office) -> None:
    await office.open(BY_ID | {"retries": 2}, SEARCH)
    holder = await office.world.grant("name", "uscc")
    office.system.next = [Answer(status=503), Answer(broken=True)]
    assert (await office.ask(holder, id_number=PERSON)).status_code == 200
    assert len(office.system.asked) == 3
    office.system.next = [Answer(status=503)]
    assert (await office.ask(holder, "search", name="某")).status_code == 503
    assert len(office.system.asked) == 4


async def test_a_large_answer_goes_on_while_it_comes(office: Office) -> None:
    await office.open(BY_ID | {"most_bytes": 4 << 20})
    holder = await office.world.grant("name")
    office.system.usual = Answer(body=b"1" * (3 << 20))
    answer = await office.ask(holder, id_number=PERSON)
    assert (answer.status_code, len(answer.content)) == (200, 3 << 20)
    office.system.usual = Answer(body=b"1" * (3 << 20), broken=True)
    # It had begun to go on: the caller sees that it is not whole.
    cut = await office.ask(holder, id_number=PERSON)
    assert len(cut.content) < 3 << 20
    assert office.interfaces.systems.rates._under_way[office.world.resource] == {}


async def test_a_system_that_is_away_is_left_alone_and_both_sides_see_it(office: Office) -> None:
    await office.open(BY_ID)
    holder = await office.world.grant("name")
    office.system.usual = Answer(status=503)
    for _ in range(FAILURES):
        assert fault(await office.ask(holder, id_number=PERSON))[1] == "provider-busy"
    left = await office.ask(holder, id_number=PERSON)
    assert fault(left) == (503, "provider-left-alone", "provider")
    assert int(left.headers["retry-after"]) > 1
    assert len(office.system.asked) == FAILURES
    assert (await office.provider("GET")).json()["system"]["breaker"] == State.OPEN
    await office.interfaces.watch.look()
    [away] = await office.world.events("exchange.api-away.v1")
    assert (away["reason"], away["holders"]) == ("provider-busy", [str(holder.department)])
    office.system.usual = Answer()
    office.interfaces.systems.of(office.world.resource).breaker.was_away("", 0.0)
    assert (await office.ask(holder, id_number=PERSON)).status_code == 200
    await office.interfaces.watch.look()
    async with office.world.call(replace(holder, grant=None)) as client:
        seen = (await client.get(f"/v1/grants/{holder.grant}/api/outages")).json()["items"]
    assert seen == (await office.provider("GET", "/outages")).json()["items"]
    assert [one["ended_at"] is not None for one in seen] == [True]
    assert len(await office.world.events("exchange.api-back.v1")) == 1


async def test_a_question_that_the_system_chokes_on_does_not_shut_others_out(
    office: Office,
) -> None:
    await office.open(BY_ID)
    holder = await office.world.grant("name")
    office.system.next = [Answer(status=500) for _ in range(FAILURES * 2)]
    for _ in range(FAILURES * 2):
        assert fault(await office.ask(holder, id_number=PERSON))[1] == "provider-failed"
    assert (await office.ask(holder, id_number=PERSON)).status_code == 200


async def test_health_is_asked_for_and_ends_an_outage(office: Office) -> None:
    office.system.by_path = {"/v2/health": Answer(status=204, body=b"")}
    await office.open(BY_ID, health={"path": "/health"})
    breaker = office.interfaces.systems.of(office.world.resource).breaker
    breaker.was_away("provider-late", asyncio.get_running_loop().time())
    office.interfaces.systems.of(office.world.resource).health_at = 0.0
    await office.interfaces.watch.look()
    assert not breaker.open
    assert [asked.target for asked in office.system.asked][-1] == "/v2/health"


async def test_while_a_system_is_away_its_last_good_answer_is_given_with_its_date(
    office: Office,
) -> None:
    await office.open(BY_ID | {"last_good_hours": 24})
    holder = await office.world.grant("name")
    live = await office.ask(holder, id_number=PERSON)
    office.system.usual = Answer(status=503)
    last = await office.ask(holder, id_number=PERSON)
    assert (last.status_code, last.content) == (200, HOUSEHOLD)
    assert last.headers["x-huitong-answer"] == "last-good"
    assert last.headers["x-huitong-data-at"] == live.headers["x-huitong-data-at"]
    # Another question has no answer yet, and another definition has none at all.
    other = await office.ask(holder, id_number="110105194912310011")
    assert fault(other)[:2] == (503, "provider-busy")
    async with office.world.sessions() as session:
        kept = await session.execute(text("SELECT t::text FROM api_last_answer t"))
        assert PERSON not in (row := kept.scalar_one())
    assert "name" not in row
    assert HOUSEHOLD.hex() not in row
    assert [e["outcome"] for e in await office.world.events("exchange.api-called.v1")] == [
        "live",
        "last-good",
        "provider-busy",
    ]
    await office.define(BY_ID | {"last_good_hours": 24}, SEARCH)
    assert fault(await office.ask(holder, id_number=PERSON))[:2] == (503, "provider-busy")


async def test_a_last_answer_that_is_too_old_is_not_given(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.open(BY_ID | {"last_good_hours": 1})
    holder = await office.world.grant("name")
    assert (await office.ask(holder, id_number=PERSON)).status_code == 200
    office.system.usual = Answer(status=503)
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert fault(await office.ask(holder, id_number=PERSON))[:2] == (503, "provider-busy")


async def test_a_name_is_resolved_once_and_called_where_it_was_looked_at(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = ["127.0.0.1", "127.0.0.2", "169.254.169.254"]

    async def resolve(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", (answers.pop(0), office.system.port))]

    name = f"rebinds.example:{office.system.port}"
    await office.open(BY_ID, address=f"http://{name}")
    holder = await office.world.grant("name")
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    assert (await office.ask(holder, id_number=PERSON)).status_code == 200
    assert office.system.asked[-1].headers["host"] == name
    for _ in range(2):
        answer = await office.ask(holder, id_number=PERSON)
        assert fault(answer) == (502, "provider-unreachable", "provider")
    assert len(office.system.asked) == 1


async def test_a_token_is_asked_for_and_asked_for_again_when_it_ended(office: Office) -> None:
    office.system.by_path = {
        "/token": Answer(body=b'{"access_token": "first", "token_type": "Bearer"}')
    }
    await office.open(BY_ID)
    token = f"http://{office.system.host}/token"
    answer = await office.credential(
        kind="oauth2", token_address=token, client_id="huitong", client_secret=SECRET
    )
    assert answer.status_code == 200
    holder = await office.world.grant("name")
    for _ in range(2):
        assert (await office.ask(holder, id_number=PERSON)).status_code == 200
    paths = [asked.target.split("/")[1] for asked in office.system.asked]
    assert paths == ["token", "v2", "v2"]
    assert office.system.asked[-1].headers["authorization"] == "Bearer first"
    office.system.next = [Answer(status=401)]
    assert (await office.ask(holder, id_number=PERSON)).status_code == 200
    assert [asked.target.split("/")[1] for asked in office.system.asked[3:]] == [
        "v2",
        "token",
        "v2",
    ]


async def test_a_provider_bounds_how_often_and_how_many_at_once(office: Office) -> None:
    await office.open(BY_ID, calls_per_minute=2, at_once=1)
    holder, other = await office.world.grant("name"), await office.world.grant("name")
    office.system.usual = Answer(stall=0.5)
    slow = asyncio.create_task(office.ask(holder, id_number=PERSON))
    await office.system.first.wait()
    assert fault(await office.ask(other, id_number=PERSON))[:2] == (429, "api-busy")
    assert (await slow).status_code == 200
    office.system.usual = Answer()
    assert (await office.ask(holder, id_number=PERSON)).status_code == 200
    assert fault(await office.ask(holder, id_number=PERSON))[:2] == (429, "api-rate-exceeded")
