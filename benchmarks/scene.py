"""A running platform with a resource of the benchmark's own, its provider and its grantee."""

from pathlib import Path
from typing import Any
from uuid import UUID

import huitong_client as client
import orjson

from deploy.local.installation import Installation
from deploy.local.journey import Person, patiently, profile
from deploy.local.processes import Surroundings

PROVIDER, CONSUMER, AUTHORITY = "market-regulation", "tax", "data-bureau"
_PATIENCE_SECONDS = 3600.0


class Scene:
    """Whoever takes part, at the installation of this checkout, which must be up."""

    def __init__(self) -> None:
        self.installation = Installation.here()
        kept = orjson.loads(self.installation.credentials.read_bytes())
        self._departments: dict[str, Any] = kept["departments"]

    @property
    def around(self) -> Surroundings:
        """What the platform's processes find around them."""
        here = self.installation
        return here.surroundings(here.cluster(), here.nats())

    @property
    def url(self) -> str:
        """The gateway's address."""
        return self.installation.public_url

    def resource(self, name: str, items: list[dict[str, object]], run: str) -> UUID:
        """A resource in the catalogue with these items, conditional; made anew for each run."""
        entry: dict[str, Any] = {
            "name": f"{name}{run}",
            "classification": {"attribute": "department", "topic": "government"},
            "level": "local",
            "abstract": "基准测试生成的数据，不含真实信息。",
            "format": {"kind": "spreadsheet", "type": "csv"},
            "share_type": "conditional",
            "share_condition": "按履行职责需要申请",
            "share_methods": ["platform-file"],
            "openness": "closed",
            "update_cycle": "daily",
            "items": items,
        }
        compiler = self.person(PROVIDER, "compiler")
        made = patiently(lambda: compiler.post("/v1/resources", entry, key=f"bench-entry-{run}"))
        at = f"/v1/resources/{made['id']}"
        compiler.post(f"{at}/submit", {})
        reviewer = self.person(PROVIDER, "reviewer")
        reviewer.post(f"{at}/review", {"decision": "pass", "remarks": "数据项完整"})
        officer = self.person(PROVIDER, "security")
        verdict = {"decision": "pass", "found": [], "remarks": "不涉及国家秘密"}
        officer.post(f"{at}/secrecy-review", verdict)
        self.person(AUTHORITY, "catalogue").post(f"{at}/publish", {})
        return UUID(made["id"])

    def push(
        self, resource: UUID, path: Path, key: str, mode: client.Mode = client.Mode.SNAPSHOT
    ) -> client.Batch:
        """Hand a file in and wait until it is finished."""
        with self.machine(PROVIDER, "front-end-machine") as platform:
            batch = patiently(
                lambda: client.push(
                    platform,
                    resource,
                    path,
                    mode=mode,
                    batch_id=key,
                    moved=lambda *_: None,
                )
            )
            return client.wait(platform, batch, within=_PATIENCE_SECONDS, seen=lambda _: None)

    def grant(self, resource: UUID, items: list[str]) -> UUID:
        """The consumer asks for these items, the provider approves."""
        clerk = self.person(CONSUMER, "administrator")
        body = {
            "resource": str(resource),
            "duty": "《中华人民共和国税收征收管理法》第六条：与政府其他管理机关的信息共享制度",
            "purpose": "核对纳税人的登记信息",
            "items": items,
        }
        made = patiently(lambda: clerk.post("/v1/requests", body, key=f"bench-{resource}"))
        provider = self.person(PROVIDER, "administrator")
        provider.post(f"/v1/requests/{made['id']}/approve", {})
        [grant] = clerk.get("/v1/grants", resource=str(resource))["items"]
        return UUID(grant["id"])

    def person(self, department: str, role: str) -> Person:
        """The department's operator of that name, logged in."""
        name = f"{department}.{role}"
        password = self._departments[department]["operators"][name]["password"]
        return Person.logged_in(self.url, name, password)

    def machine(self, department: str, kind: str) -> client.Platform:
        """The department's system of that kind."""
        return client.Platform(profile(self.url, self.credentials(department, kind)))

    def credentials(self, department: str, kind: str) -> dict[str, str]:
        """What that system logs in with."""
        machines = self._departments[department]["clients"].values()
        found: dict[str, str] = next(m for m in machines if m["kind"] == kind)
        return found
