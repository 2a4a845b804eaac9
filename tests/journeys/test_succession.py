"""A department merges into another on a running platform, while its workers are killed.

Market regulation provides a resource that tax may use, may itself use one of civil affairs, and
has to answer a request; then it merges into education. The main job's departments stay.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import huitong_client as client
import orjson
import pytest

from deploy.local.journey import Person, patiently, profile
from deploy.local.main_job import ENTRY, TABLE
from shared.ids import new_id
from tests.journeys.platform import Platform, eventually

pytestmark = pytest.mark.servers
Json = dict[str, Any]  # the edge: what an answer says
A, B, C, D = "market-regulation", "education", "tax", "civil-affairs"


class Cast:
    """Who takes part: the people and machines of the example, as they really come."""

    def __init__(self, url: str, credentials: Path, stack: ExitStack) -> None:
        self._url = url
        self._stack = stack
        self._kept: Json = orjson.loads(credentials.read_bytes())["departments"]

    def id(self, department: str) -> str:
        """The id of a department."""
        return str(self._kept[department]["department"])

    def person(self, department: str, role: str) -> Person:
        """Somebody of a department, logged in."""
        home = "data-bureau" if department == "platform" else department
        username = f"{department}.{role}"
        password = self._kept[home]["operators"][username]["password"]
        person = Person.logged_in(self._url, username, password)
        self._stack.callback(person.close)
        return person

    @contextmanager
    def machine(self, department: str) -> Iterator[client.Platform]:
        """The front-end machine of a department."""
        machines = self._kept[department]["clients"].values()
        found = next(m for m in machines if m["kind"] == "front-end-machine")
        with client.Platform(profile(self._url, found)) as connected:
            yield connected

    def pulled(self, department: str, grant: str, folder: Path) -> int:
        """How many files the front-end machine of a department has pulled under a grant."""
        with self.machine(department) as connected:
            state = patiently(
                lambda: client.follow(
                    connected, UUID(grant), folder, form=client.Format.CSV, meters=lambda _: quiet
                )
            )
        return len(state.files)

    def pushed(self, department: str, resource: str) -> str:
        """The state of a batch that the front-end machine of a department hands in."""
        with self.machine(department) as connected:
            batch = patiently(
                lambda: client.push(
                    connected,
                    UUID(resource),
                    TABLE,
                    mode=client.Mode.SNAPSHOT,
                    batch_id=f"batch-{new_id()}",
                    moved=quiet,
                )
            )
            return str(client.wait(connected, batch, within=60.0, seen=quiet).state)


def quiet(*_: object) -> None:
    """Progress is not shown."""


def publish(cast: Cast, department: str, name: str) -> str:
    """A resource of a department, through every hand."""
    compiler = cast.person(department, "compiler")
    entry = ENTRY | {"name": name}
    made = patiently(lambda: compiler.post("/v1/resources", entry, key=f"entry-{new_id()}"))
    at = f"/v1/resources/{made['id']}"
    compiler.post(f"{at}/submit", {})
    cast.person(department, "reviewer").post(f"{at}/review", {"decision": "pass"})
    cast.person(department, "security").post(
        f"{at}/secrecy-review", {"decision": "pass", "found": []}
    )
    cast.person("data-bureau", "catalogue").post(f"{at}/publish", {})
    return str(made["id"])


def ask(cast: Cast, department: str, resource: str) -> Json:
    """A request of a department for a resource."""
    clerk = cast.person(department, "administrator")
    body = {
        "resource": resource,
        "duty": "《中华人民共和国统计法》第二十条",
        "purpose": "核对登记地的行政区划",
        "items": ["division_code", "division_name", "parent_code"],
    }
    return patiently(lambda: clerk.post("/v1/requests", body, key=f"ask-{new_id()}"))


def kill(platform: Platform, *names: str) -> None:
    """Kill these processes where they stand; the supervisor starts them again."""
    for name in names:
        pid = platform.children()[name].pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)


@pytest.mark.duty("D28", "baoji-2017 §28")
@pytest.mark.duty("D24", "baoji-2017 §21")
def test_a_department_merges_into_another_while_workers_are_killed(
    platform: Platform, tmp_path: Path
) -> None:
    eventually(platform.is_ready)
    with ExitStack() as stack:
        cast = Cast(platform.url, platform.installation.credentials, stack)
        merge(platform, cast, tmp_path)


def merge(platform: Platform, cast: Cast, tmp_path: Path) -> None:
    """The whole of it, step by step."""
    before = cast.person(A, "administrator")
    mine = publish(cast, A, "行政区划代码与名称（市场监管）")
    assert cast.pushed(A, mine) == "published"
    given = before.post(f"/v1/requests/{ask(cast, C, mine)['id']}/approve", {})["grant"]
    (theirs,) = [
        r["id"]
        for r in before.get("/v1/resources", q=ENTRY["name"])["items"]
        if r["provider"]["id"] == cast.id(D)
    ]
    request = ask(cast, A, theirs)
    approve = f"/v1/requests/{request['id']}/approve"
    held = cast.person(D, "administrator").post(approve, {})["grant"]
    open_ = ask(cast, D, mine)
    assert open_["state"] == "submitted"
    assert cast.pulled(A, held, tmp_path / "before") > 0

    keeper = cast.person("platform", "system")
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    kill(platform, "catalog-worker", "exchange-worker")
    plan = keeper.post(
        "/v1/successions",
        {
            "kind": "merge",
            "predecessors": [cast.id(A)],
            "successors": [cast.id(B)],
            "effective_on": str(today),
            "basis": "锡委发〔2026〕58号《无锡市机构改革方案》",
        },
        key=f"plan-{new_id()}",
    )
    at = f"/v1/successions/{plan['id']}"
    kill(platform, "gateway-worker")
    eventually(lambda: keeper.get(at)["state"] != "planned")
    kill(platform, "requests-worker", "gateway-worker", "catalog-worker")
    eventually(lambda: keeper.get(at)["state"] == "settled")

    # Whoever logged in before acts for the successor, without a new log-in.
    assert before.get("/v1/me")["department"]["id"] == cast.id(B)
    resource = before.get(f"/v1/resources/{mine}")
    assert resource["provider"]["id"] == cast.id(B)
    assert resource["formerly"]["name"] == "无锡市市场监督管理局"
    # What was granted to A and by A goes on, under B.
    assert cast.pulled(A, held, tmp_path / "after") > 0
    assert cast.pulled(C, given, tmp_path / "tax") > 0
    mine_now = {g["id"]: g for g in before.get("/v1/grants")["items"]}
    assert (mine_now[held]["grantee"], mine_now[held]["state"]) == (cast.id(B), "active")
    assert (mine_now[given]["provider"], len(mine_now)) == (cast.id(B), 2)
    # B's own people answer what was asked of A, and A's machine hands in for B.
    successor = cast.person(B, "administrator")
    assert successor.post(f"/v1/requests/{open_['id']}/approve", {})["provider"] == cast.id(B)
    assert cast.pushed(A, mine) == "published"
    # The past is read under A's name, by whoever follows.
    past = successor.get(f"/v1/requests/{request['id']}")
    assert (past["requester"], past["requester_name"]) == (cast.id(A), "无锡市市场监督管理局")
    told = successor.get("/v1/log/entries", department=cast.id(A))["items"]
    assert told
    ended = successor.get(f"/v1/departments/{cast.id(A)}")
    assert (ended["status"], ended["name"]) == ("merged", "无锡市市场监督管理局")
    # Each thing was handed over once, however often the workers died.
    auditor = cast.person("data-bureau", "supervisor")
    for subject, times in (
        ("gateway.department-succeeded.v1", 1),
        ("catalog.resource-handed-over.v1", 1),
        ("requests.request-handed-over.v1", 1),
        ("requests.grant-handed-over.v1", 2),
    ):
        found = auditor.get("/v1/log/entries", subject=subject)["items"]
        assert len(found) == times, subject
