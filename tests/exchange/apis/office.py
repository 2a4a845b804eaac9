"""What a provider and a grantee do with an interface, over HTTP."""

from dataclasses import dataclass

import httpx

from services.exchange.apis.interfaces import Interfaces
from shared.principal import Principal
from tests.exchange.apis.system import System
from tests.exchange.world import Json, World

PERSON = "11010519491231002X"
BY_ID: Json = {
    "name": "by-id",
    "about": "按公民身份号码查询户籍信息",
    "path": "/households/{id_number}",
    "parameters": [
        {"name": "id_number", "place": "path", "pattern": "[0-9]{17}[0-9X]", "longest": 18}
    ],
    "items": ["name"],
    "timeout_seconds": 2,
    "retries": 0,
}
SEARCH: Json = {
    "name": "search",
    "about": "按姓名查询",
    "method": "POST",
    "path": "/search",
    "parameters": [{"name": "name", "place": "body", "sent_as": "xm"}],
    "items": ["name", "uscc"],
    "timeout_seconds": 2,
    "retries": 2,
}


@dataclass
class Office:
    """One resource, its provider's system, and whoever is granted it."""

    world: World
    system: System
    etag: str = ""

    @property
    def interfaces(self) -> Interfaces:
        """What the service knows in memory."""
        found: Interfaces = self.world.app.state.interfaces
        return found

    @property
    def at(self) -> str:
        """Where the interface is."""
        return f"/v1/resources/{self.world.resource}/api"

    async def provider(
        self, method: str, path: str = "", body: Json | None = None, **headers: str
    ) -> httpx.Response:
        """The provider does something with its interface."""
        async with self.world.call(self.world.provider) as client:
            answer = await client.request(method, self.at + path, json=body, headers=headers)
        self.etag = answer.headers.get("etag", self.etag)
        return answer

    async def define(self, *operations: Json, **changes: object) -> httpx.Response:
        """Register the interface, or its next definition."""
        definition = {
            "way": "address",
            "address": f"http://{self.system.host}/v2",
            "operations": list(operations) or [BY_ID, SEARCH],
            **changes,
        }
        headers = {"If-Match": self.etag} if self.etag else {}
        return await self.provider("PUT", "", definition, **headers)

    async def credential(self, **told: str) -> httpx.Response:
        """Show the system this from now on."""
        body = {"credential": told}
        return await self.provider("PUT", "/credential", body, **{"If-Match": self.etag})

    async def open(self, *operations: Json, **changes: object) -> None:
        """Register and enable it."""
        answer = await self.define(*operations, **changes)
        assert answer.status_code in (200, 201), answer.text
        assert (await self.provider("POST", "/enable")).status_code == 200

    async def ask(
        self, holder: Principal, operation: str = "by-id", **parameters: object
    ) -> httpx.Response:
        """A grantee calls."""
        async with self.world.call(holder) as client:
            return await client.post(
                f"/v1/grants/{holder.grant}/api/{operation}", json={"parameters": parameters}
            )


def fault(answer: httpx.Response) -> tuple[int, str, str | None]:
    """How a refusal is told, and whose fault it says it is."""
    return answer.status_code, answer.json()["code"], answer.headers.get("x-huitong-fault")
