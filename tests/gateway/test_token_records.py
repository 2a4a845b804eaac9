"""Log-ins and tokens on record: who and how, by id; and nothing is given that is not recorded."""

import socket
from pathlib import Path

import httpx
import orjson
import pytest
from pydantic import SecretStr

from gateway.app import create_app
from services.audit.entry import Kind
from services.audit.reading import Arrived, read
from shared import clock
from shared.bus import ACCESS_SUBJECT
from shared.crypto import STANDARD
from tests.gateway.conftest import Gateway, serving
from tests.gateway.people import Person
from tests.gateway.test_accounts import COMPILER, id_of
from tests.gateway.test_door import records

pytestmark = pytest.mark.duty("D47", "jiangsu-2017 §4(4)", "baoji-2017 §21")


async def test_a_machines_token_is_on_record_with_its_department(gateway: Gateway) -> None:
    await gateway.token("tax")
    decided, completed = await records(gateway, 2, tokens=True)
    machine, _ = gateway.client("tax")
    who = {"kind": "client", "id": machine, "department": str(gateway.department("tax"))}
    assert decided["principal"] == completed["principal"] == who
    assert decided["access_id"] == completed["access_id"]
    assert [decided["kind"], completed["kind"]] == ["decided", "completed"]
    assert (decided["decision"], decided["reason"]) == ("allowed", "client-secret")
    assert (decided["address"], completed["status"]) == ("127.0.0.1", 200)


async def test_a_log_in_is_on_record_without_a_name_and_its_refreshing_is_no_new_one(
    gateway: Gateway,
) -> None:
    person = Person(gateway, COMPILER)
    tokens = await person.tokens()
    assert (await person.refresh(tokens["refresh_token"])).status_code == 200
    assert (await person.change("no-such-code")).status_code == 400
    found = await records(gateway, 3, tokens=True)
    assert [r["kind"] for r in found] == ["decided", "completed"]
    who = {
        "kind": "operator",
        "id": str(await id_of(gateway, COMPILER)),
        "department": str(gateway.department("civil-affairs")),
    }
    assert found[0]["principal"] == who
    assert found[0]["reason"] == "password"
    assert COMPILER not in orjson.dumps(found).decode()
    assert tokens["access_token"] not in orjson.dumps(found).decode()


async def test_a_wrong_secret_is_no_token_on_record(gateway: Gateway) -> None:
    machine, _ = gateway.client("tax")
    form = {"grant_type": "client_credentials"}
    answer = await gateway.http.post("/oauth/token", data=form, auth=(machine, "guessed"))
    assert answer.status_code == 401
    assert await records(gateway, 1, tokens=True) == []


async def test_the_log_takes_it_as_the_departments_own_act(gateway: Gateway) -> None:
    await gateway.token("tax")
    found = await records(gateway, 2, tokens=True)
    pack = orjson.dumps({"source": "/huitong/gateway/test", "records": found})
    entries = [p.entry for p in read(Arrived(ACCESS_SUBJECT, pack, "1"), STANDARD, clock.now())]
    assert [entry.kind for entry in entries] == [Kind.DECIDED, Kind.COMPLETED]
    for entry in entries:
        assert entry.department == gateway.department("tax")
        assert entry.operation == "POST /oauth/token"
        assert (entry.left_out, entry.withheld) == (None, None)


async def test_what_cannot_be_recorded_is_not_given(gateway: Gateway, tmp_path: Path) -> None:
    """A second gateway beside the first, without NATS and without room in its spool."""
    update = {
        "nats": SecretStr("nats://127.0.0.1:1"),
        "spool": tmp_path / "full",
        "spool_bytes": 0,
    }
    app = create_app(gateway.settings.model_copy(update=update))
    bound = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    async with serving(app, bound), httpx.AsyncClient(base_url=url, timeout=20) as http:
        form = {"grant_type": "client_credentials"}
        answer = await http.post("/oauth/token", data=form, auth=gateway.client("tax"))
        assert answer.status_code == 503
        assert answer.json()["code"] == "record-unavailable"
        assert "retry-after" in answer.headers
