"""A provider registers its system's interface; its credential goes in and never comes out."""

import pytest
from sqlalchemy import text

from tests.exchange.apis.office import BY_ID, PERSON, SEARCH, Office
from tests.exchange.apis.system import Answer

SECRET = "correct-horse-battery-staple"


async def test_what_is_registered_is_kept_in_every_definition(office: Office) -> None:
    first = await office.define(BY_ID)
    assert (first.status_code, first.json()["enabled"]) == (201, False)
    second = await office.define(BY_ID, SEARCH)
    assert (second.status_code, second.json()["definition_number"]) == (200, 2)
    kept = (await office.provider("GET", "/definitions")).json()["items"]
    assert [len(one["definition"]["operations"]) for one in kept] == [2, 1]
    said = await office.world.events("exchange.api-registered.v1")
    assert [event["operations"] for event in said] == [["by-id"], ["by-id", "search"]]


async def test_a_change_says_what_it_was_made_from(office: Office) -> None:
    await office.define()
    office.etag = ""
    assert (await office.define()).json()["code"] == "api-if-match-missing"
    office.etag = '"17"'
    assert (await office.define()).json()["code"] == "api-changed"


async def test_a_credential_is_never_told_and_never_stored_in_the_clear(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    await office.define()
    answer = await office.credential(kind="header", name="X-Api-Key", value=SECRET)
    assert answer.json()["credential"]["kind"] == "header"
    bad = await office.credential(kind="header", name="Host", value=SECRET)
    worse = await office.credential(kind="bearer", token=f"{SECRET}\r\nX: y")
    assert (bad.status_code, worse.status_code) == (422, 422)
    told = answer.text + bad.text + worse.text + (await office.provider("GET")).text + caplog.text
    async with office.world.sessions() as session:
        for table in ("api", "api_definition", "outbox"):
            rows = await session.execute(text(f"SELECT t::text FROM {table} t"))  # noqa: S608
            told += "".join(rows.scalars())
    assert SECRET not in told
    assert SECRET.encode().hex() not in told


async def test_another_host_is_not_shown_the_credential_of_the_one_before(office: Office) -> None:
    await office.define()
    await office.credential(kind="bearer", token=SECRET)
    elsewhere = await office.define(BY_ID, address="https://elsewhere.example")
    assert elsewhere.json()["credential"] == {"kind": "none", "since": None}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"address": "https://not-allowed.example"}, "api-address-not-allowed"),
        ({"operations": [BY_ID | {"items": ["nobody-has-this"]}]}, "api-items-unknown"),
    ],
)
async def test_what_cannot_be_called_is_not_registered(
    office: Office, changes: dict[str, object], code: str
) -> None:
    answer = await office.define(BY_ID, **changes)
    assert (answer.status_code, answer.json()["code"]) == (409, code)


async def test_a_provider_tries_its_system_before_anybody_may_call_it(office: Office) -> None:
    await office.define()
    await office.credential(kind="basic", username="platform", password=SECRET)
    test = "/operations/by-id/test"
    body = {"parameters": {"id_number": PERSON}}
    tried = (await office.provider("POST", test, body)).json()
    assert (tried["outcome"], tried["status"]) == ("live", 200)
    assert "示例企业" in tried["beginning"]
    assert office.system.asked[-1].headers["authorization"].startswith("Basic ")
    office.system.next.append(Answer(status=401))
    failed = (await office.provider("POST", test, body)).json()
    assert (failed["outcome"], failed["beginning"]) == ("provider-refuses-platform", None)
    said = await office.world.events("exchange.api-tested.v1")
    assert [event["outcome"] for event in said] == ["live", "provider-refuses-platform"]


async def test_a_stranger_cannot_tell_that_an_interface_exists(office: Office) -> None:
    await office.open()
    other = office.world.principal()
    holder = await office.world.grant("name")
    async with office.world.call(other) as client:
        for method, path in (
            ("GET", ""),
            ("PUT", "/credential"),
            ("POST", "/enable"),
            ("POST", "/disable"),
            ("GET", "/definitions"),
            ("GET", "/outages"),
        ):
            body = {"credential": {"kind": "none"}} if method == "PUT" else None
            answer = await client.request(method, office.at + path, json=body)
            assert answer.status_code == 404, path
        tried = await client.post(f"{office.at}/operations/by-id/test", json={})
        assert tried.status_code == 404
        for path in ("", "/outages"):
            answer = await client.get(f"/v1/grants/{holder.grant}/api{path}")
            assert answer.status_code == 404, path
        called = await client.post(f"/v1/grants/{holder.grant}/api/by-id", json={})
        assert called.status_code == 404
