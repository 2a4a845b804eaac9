"""The main job, once, on real data: publish → request → approve → pull → prove.

Every step goes through the gateway, as the department that would do it: people log in as a
browser would, machines use the client distribution. Run again, it finds what it made before.
"""

import os
import subprocess
import sys
from typing import Any
from uuid import UUID

import httpx
import huitong_client as client
import orjson

from deploy.local.authenticator import Authenticator
from deploy.local.installation import Installation
from deploy.local.journey import Fault, Person, patiently, profile
from deploy.local.processes import PROCESSES, environment
from deploy.local.progress import Progress
from deploy.local.state import CHECKOUT

TABLE = CHECKOUT / "deploy" / "example" / "administrative-divisions-jiangsu.csv"
PROVIDER, CONSUMER, AUTHORITY = "civil-affairs", "tax", "data-bureau"
_PATIENCE_SECONDS = 60.0

# Conditional because only a part of it goes to everybody (jiangsu-2017 §10): code and name are
# basic items (§11), level and parent are asked for.
ENTRY: dict[str, Any] = {
    "name": "行政区划代码与隶属关系",
    "classification": {"attribute": "department", "topic": "government"},
    "level": "local",
    "abstract": "江苏省地级、县级和乡级行政区划的名称、代码、级别和隶属关系。",
    "format": {"kind": "database", "type": "mysql"},
    "share_type": "conditional",
    "share_condition": "区划级别和隶属关系按履行职责需要申请",
    "share_methods": ["platform-database", "platform-interface"],
    "openness": "open",
    "update_cycle": "yearly",
    "items": [
        {
            "code": "division_code",
            "name": "区划代码",
            "type": "C",
            "length": 12,
            "key": True,
            "required": True,
            "share_type": "unconditional",
            "openness": "open",
            "standard": "administrative-division",
        },
        {
            "code": "division_name",
            "name": "区划名称",
            "type": "C",
            "length": 60,
            "required": True,
            "share_type": "unconditional",
            "openness": "open",
        },
        {
            "code": "division_level",
            "name": "区划级别",
            "type": "C",
            "length": 4,
            "required": True,
            "openness": "open",
        },
        {
            "code": "parent_code",
            "name": "上级区划代码",
            "type": "C",
            "length": 12,
            "openness": "open",
            "standard": "administrative-division",
        },
    ],
}
ASKED = {
    "duty": "《中华人民共和国税收征收管理法》第六条：与政府其他管理机关的信息共享制度",
    "purpose": "核对纳税人登记地的行政区划",
    "items": ["division_code", "division_name", "parent_code"],
}


class MainJob:
    """One run: who takes part, and what was made so far."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._around = installation.surroundings(installation.cluster(), installation.nats())
        self._url = installation.public_url
        self._kept: dict[str, Any] = orjson.loads(installation.credentials.read_bytes())
        self._departments: dict[str, Any] = self._kept["departments"]
        # Each person logs in once: a one-time code is good once.
        self._people: dict[str, Person] = {}
        self._progress = Progress()

    def run(self) -> None:
        """Do it all; raise Fault with a sentence where a step fails."""
        resource = self._publish()
        self._hand_in(resource)
        grant = self._ask(resource)
        self._pull(grant)
        self._look_up(grant)
        self._prove(resource, grant)

    def _publish(self) -> UUID:
        with self._progress.step("publish", "compile, review twice, publish") as said:
            compiler = self._person(PROVIDER, f"{PROVIDER}.compiler")
            found = compiler.get("/v1/resources", q=ENTRY["name"])["items"]
            standing = [
                r for r in found if r["name"] == ENTRY["name"] and r["state"] == "published"
            ]
            if standing:
                said.append(f"{ENTRY['name']} is in the catalogue")
                return UUID(standing[0]["id"])
            made = patiently(lambda: compiler.post("/v1/resources", ENTRY, key="main-job-entry-1"))
            at = f"/v1/resources/{made['id']}"
            if made["state"] in ("draft", "returned"):
                compiler.post(f"{at}/submit", {})
            reviewer = self._person(PROVIDER, f"{PROVIDER}.reviewer")
            if reviewer.get(at)["state"] == "submitted":
                reviewer.post(f"{at}/review", {"decision": "pass", "remarks": "数据项完整"})
            security = self._person(PROVIDER, f"{PROVIDER}.security")
            if security.get(at)["state"] == "reviewed":
                found = {"decision": "pass", "found": [], "remarks": "不涉密，不含个人信息"}
                security.post(f"{at}/secrecy-review", found)
            authority = self._person(AUTHORITY, f"{AUTHORITY}.catalogue")
            authority.post(f"{at}/publish", {})
            said.append(f"{ENTRY['name']}, by four people")
            return UUID(made["id"])

    def _hand_in(self, resource: UUID) -> None:
        with self._progress.step("push", "the front-end machine hands in a batch") as said:
            with self._machine(PROVIDER, "front-end-machine") as platform:
                batch = patiently(
                    lambda: client.push(
                        platform,
                        resource,
                        TABLE,
                        mode=client.Mode.SNAPSHOT,
                        batch_id=None,
                        moved=_quiet,
                    )
                )
                batch = client.wait(platform, batch, within=_PATIENCE_SECONDS, seen=_quiet)
            if batch.state != "published":
                raise Fault(f"the batch is {batch.state}, not published")
            said.append(f"{batch.rows_in} rows in, {batch.accepted} accepted")

    def _ask(self, resource: UUID) -> UUID:
        with self._progress.step("request", "duty, purpose, three items") as said:
            clerk = self._person(CONSUMER, f"{CONSUMER}.administrator")
            for grant in clerk.get("/v1/grants", resource=str(resource))["items"]:
                if grant["state"] == "active":
                    said.append("granted before")
                    return UUID(grant["id"])
            body = {"resource": str(resource), **ASKED}
            made = patiently(lambda: clerk.post("/v1/requests", body, key=f"main-job-{resource}"))
            said.append(f"the provider answers by {made.get('due_on')}")
        with self._progress.step("approve", "the provider decides") as said:
            provider = self._person(PROVIDER, f"{PROVIDER}.administrator")
            if made["state"] == "submitted":
                provider.post(f"/v1/requests/{made['id']}/approve", {})
            granted = clerk.get("/v1/grants", resource=str(resource))["items"]
            if not granted:
                raise Fault("the approval gave no grant")
            said.append(f"grant {granted[0]['id']}")
            return UUID(granted[0]["id"])

    def _pull(self, grant: UUID) -> None:
        folder = self._installation.state.folder("example") / str(grant)
        with self._progress.step("pull", "the front-end machine pulls") as said:
            with self._machine(CONSUMER, "front-end-machine") as platform:
                state = patiently(
                    lambda: client.follow(
                        platform, grant, folder, form=client.Format.CSV, meters=lambda _: _quiet
                    )
                )
            for file in state.files:
                first = (folder / file.name).read_text("utf-8-sig").partition("\n")[0]
                if "division_level" in first:
                    raise Fault("an item that was not granted was served")
            said.append(f"sequence {state.sequence}, digest verified, only the granted items")
        with (
            self._progress.step("refuse", "another department tries") as said,
            self._machine("education", "system") as platform,
        ):
            try:
                platform.snapshot(grant, client.Format.CSV)
            except client.Refused as refusal:
                if refusal.status != httpx.codes.NOT_FOUND:
                    raise
                said.append("without the grant: 404")
            else:
                raise Fault("a department without the grant was served")

    def _look_up(self, grant: UUID) -> None:
        with self._progress.step("look up", "one key, online") as said:
            with self._machine(CONSUMER, "system") as platform:
                found = patiently(lambda: list(platform.lookup(grant, ["320200000000"])))
            said.append(f"{sum(len(f.rows) for f in found)} row for one key")

    def _prove(self, resource: UUID, grant: UUID) -> None:
        with self._progress.step("audit", "who took what, under which grant") as said:
            auditor = self._person(PROVIDER, f"{PROVIDER}.administrator")
            entry = patiently(lambda: _taken(auditor, grant))
            receipt = auditor.get_bytes(f"/v1/log/entries/{entry['index']}/receipt")
            key = client.VerifierKey.parse(auditor.get("/v1/log/key")["key"])
            proven = client.verify(receipt, key)
            kept = self._installation.state.folder("example") / "receipt.json"
            kept.write_bytes(receipt)
            said.append(f"entry {proven.index} of {proven.checkpoint.size}, its receipt holds")
        self._verify_the_whole_log()
        print("  verified")

    def _verify_the_whole_log(self) -> None:
        audit = next(process for process in PROCESSES if process.name == "audit-worker")
        done = subprocess.run(
            [sys.executable, "-m", "services.audit", "verify", "--quiet"],
            cwd=CHECKOUT,
            env={**os.environ, **environment(audit, self._around)},
            check=False,
        )
        if done.returncode != 0:
            raise Fault("the audit log does not verify")

    def _person(self, department: str, username: str) -> Person:
        if username not in self._people:
            operator = self._departments[department]["operators"][username]

            def keep(key: str) -> None:
                operator["authenticator_key"] = key
                text = orjson.dumps(self._kept, option=orjson.OPT_INDENT_2).decode()
                self._installation.state.write(self._installation.credentials, text)

            self._people[username] = Person.logged_in(
                self._url,
                username,
                operator["password"],
                Authenticator(operator.get("authenticator_key"), keep),
            )
        return self._people[username]

    def _machine(self, department: str, kind: str) -> client.Platform:
        machines = self._departments[department]["clients"].values()
        return client.Platform(profile(self._url, next(m for m in machines if m["kind"] == kind)))


def _taken(auditor: Person, grant: UUID) -> dict[str, Any]:
    entries = auditor.get("/v1/log/entries", grant=str(grant), kind="decided")["items"]
    for entry in entries:
        if entry["entry"]["operation"].startswith("GET /v1/grants/{grant}/"):
            return dict(entry)
    raise Fault("the log does not tell of the pull yet", status=404)


def _quiet(*_: object) -> None:
    """The steps have their own lines; the client's progress is not shown."""


def main() -> None:
    """Run it on this checkout's installation; a fault is one sentence and exit code 1."""
    try:
        MainJob(Installation.here()).run()
    except (Fault, client.HuitongError, OSError) as fault:
        sys.exit(f"  the main job stopped: {fault}")


if __name__ == "__main__":
    main()
