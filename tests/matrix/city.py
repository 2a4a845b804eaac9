"""A small city: departments in which every role is held by somebody, and things of each.

Five departments. `mine` and `suspended` call; `theirs` is the other; `authority` oversees them
all; `counterpart` gives to and takes from each of the others.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from stdnum.cn import uscc

from gateway.roles import ClientKind, Role
from services.catalog.examples import LEGAL_ENTITIES
from shared import clock
from shared.ids import new_id
from tests.matrix.whole import Json, Whole

MINE, THEIRS, SUSPENDED = "mine", "theirs", "suspended"
COUNTERPART, AUTHORITY = "counterpart", "authority"
_NAMES = {
    AUTHORITY: "示例市数据局",
    MINE: "示例市民政局",
    THEIRS: "示例市税务局",
    SUSPENDED: "示例市教育局",
    COUNTERPART: "示例市市场监督管理局",
}
REGION = "610000/610300"
ROLES = tuple(Role)
MISPLACED = (Role.CATALOGUE_ADMINISTRATOR, Role.COORDINATOR)
CALLERS = (MINE, SUSPENDED, AUTHORITY)
# Whom the others need to compile, to publish and to decide.
_HANDS = (
    Role.COMPILER,
    Role.REVIEWER,
    Role.SECURITY_OFFICER,
    Role.DEPARTMENT_ADMINISTRATOR,
)
KINDS = tuple(ClientKind)
CSV = "统一社会信用代码,企业名称\n91320116733160060T,南京红健气体有限公司\n"


def _at_first(short_name: str, role: Role) -> Role:
    """Roles of the authority exist nowhere else; `things.misplaced` gives them all the same."""
    return Role.COMPILER if role in MISPLACED and short_name != AUTHORITY else role


def register(folder: Path) -> Path:
    """The document of departments that the platform is filled with."""
    text = []
    for number, (short_name, name) in enumerate(_NAMES.items(), 1):
        body = f"1161030000000{number:04d}"
        text += [
            "[[departments]]",
            f'name = "{name}"',
            f'short_name = "{short_name}"',
            f'credit_code = "{body}{uscc.calc_check_digit(body)}"',
            f'region = "{REGION}"',
            f"is_authority = {str(short_name == AUTHORITY).lower()}",
            "clients = [",
            *(f'  {{ name = "{kind.value}", kind = "{kind.value}" }},' for kind in KINDS),
            "]",
            "operators = [",
            *(
                f'  {{ username = "{short_name}.{role.value}", '
                f'roles = ["{_at_first(short_name, role).value}"] }},'
                for role in (ROLES if short_name in CALLERS else _HANDS)
            ),
            "]",
        ]
    path = folder / "departments.toml"
    path.write_text("\n".join(text))
    return path


@dataclass
class City:
    """Everybody's tokens, and for each department what the paths of operations name."""

    whole: Whole
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)
    things: dict[str, dict[str, str]] = field(default_factory=dict)

    def headers(self, department: str, holder: str) -> dict[str, str]:
        """What the holder of a role, or a machine of a kind, sends with every call."""
        return {
            "authorization": f"Bearer {self.tokens[department, holder]}",
            "idempotency-key": str(new_id()),
            "if-match": "*",
            # What is asked at a counter is asked for a matter, and by a system for its clerk.
            "x-huitong-matter": "2026-00117",
            "x-huitong-end-user": "clerk-7",
        }

    async def call(
        self, department: str, holder: str, method: str, path: str, body: Any = None, **more: Any
    ) -> Json:
        """A step of the set-up; it must succeed, if not at once then soon."""
        for _ in range(200):
            answer = await self.whole.http.request(
                method, path, json=body, headers=self.headers(department, holder), **more
            )
            if answer.is_success:
                found: Json = answer.json() if answer.content else {}
                return found
            # The part has not heard of the step before.
            if answer.status_code not in (404, 503):
                break
            await asyncio.sleep(0.05)
        raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")


async def enter(city: City) -> None:
    """Let everybody log in."""
    for short_name in _NAMES:
        for role in ROLES if short_name in CALLERS else _HANDS:
            token = await city.whole.person_token(short_name, f"{short_name}.{role.value}")
            city.tokens[short_name, role.value] = token
        for kind in KINDS:
            token = await city.whole.machine_token(short_name, kind.value)
            city.tokens[short_name, kind.value] = token


async def publish(city: City) -> dict[str, str]:
    """A resource with data of every department that provides one; their ids."""
    published = {}
    for short_name in (COUNTERPART, MINE, THEIRS, SUSPENDED):
        published[short_name] = await _publish(city, short_name)
        await _hand_in(city, short_name, published[short_name])
    return published


async def suspend(city: City) -> None:
    """Suspend each department that calls or is called, and lift it for all but one."""
    for short_name in (MINE, THEIRS, SUSPENDED):
        await _suspend(city, short_name)
        if short_name != SUSPENDED:
            at = f"/v1/suspensions/{city.things[short_name]['suspension']}/lift"
            await city.call(AUTHORITY, Role.COORDINATOR, "POST", at, {"reason": "已完成整改"})
    await _heard(city)


async def _publish(city: City, short_name: str) -> str:
    """A conditional resource of two items, through the hands that the catalogue asks for."""
    entry = entry_of(f"{_NAMES[short_name]}登记信息")
    made = await city.call(short_name, Role.COMPILER, "POST", "/v1/resources", entry)
    at = f"/v1/resources/{made['id']}"
    passed = {"decision": "pass", "remarks": "数据项完整"}
    cleared = {"decision": "pass", "found": [], "remarks": "不涉密，不含个人信息"}
    steps: list[tuple[str, Role, str, Json]] = [
        (short_name, Role.COMPILER, "submit", {}),
        (short_name, Role.REVIEWER, "review", passed),
        (short_name, Role.SECURITY_OFFICER, "secrecy-review", cleared),
        (AUTHORITY, Role.CATALOGUE_ADMINISTRATOR, "publish", {}),
    ]
    for department, role, step, body in steps:
        await city.call(department, role, "POST", f"{at}/{step}", body)
    return str(made["id"])


def name_of(short_name: str) -> str:
    """A department's name."""
    return _NAMES[short_name]


def entry_of(name: str) -> Json:
    """An entry of two items that is shared on request."""
    items: Any = LEGAL_ENTITIES["items"]
    return {
        **LEGAL_ENTITIES,
        "name": name,
        "share_type": "conditional",
        "share_condition": "按履行职责需要申请",
        "items": [{**item, "basic": False, "share_type": "conditional"} for item in items[:2]],
    }


async def _hand_in(city: City, short_name: str, resource: str) -> str:
    made = await _upload(city, short_name, resource)
    for _ in range(400):
        batch = await city.call(short_name, ClientKind.SYSTEM, "GET", f"/v1/batches/{made['id']}")
        if batch["state"] == "published":
            return str(made["id"])
        await asyncio.sleep(0.05)
    raise AssertionError(batch)


async def _upload(city: City, short_name: str, resource: str) -> Json:
    for _ in range(200):
        headers = city.headers(short_name, ClientKind.SYSTEM) | {"content-type": "text/csv"}
        answer = await city.whole.http.post(
            f"/v1/resources/{resource}/batches",
            params={"mode": "snapshot"},
            content=CSV.encode(),
            headers=headers,
        )
        if answer.status_code != httpx.codes.NOT_FOUND:
            break
        await asyncio.sleep(0.05)
    assert answer.status_code == 202, answer.text
    found: Json = answer.json()
    return found


async def ask(city: City, requester: str, resource: str, purpose: str) -> str:
    """A request of one department for a resource; its id."""
    body = {
        "resource": resource,
        "duty": "依法履行的职责",
        "purpose": purpose,
        "items": ["uscc", "name"],
    }
    made = await city.call(requester, ClientKind.SYSTEM, "POST", "/v1/requests", body)
    return str(made["id"])


async def grant(city: City, requester: str, provider: str, resource: str) -> str:
    """A request that was approved; the id of its grant."""
    asked = await ask(city, requester, resource, "比对登记信息")
    approved = await city.call(
        provider,
        Role.DEPARTMENT_ADMINISTRATOR,
        "POST",
        f"/v1/requests/{asked}/approve",
        {},
    )
    return str(approved["grant"])


async def _suspend(city: City, short_name: str) -> None:
    today = clock.local_date(clock.now(), "Asia/Shanghai")
    body = {
        "department": city.whole.department(short_name),
        "violation": "outside-duties",
        "reason": "将共享信息用于履行职责以外的用途，经通知未在期限内整改",
        "notified_on": str(today - timedelta(days=30)),
        "rectify_by": str(today - timedelta(days=1)),
    }
    made = await city.call(AUTHORITY, Role.COORDINATOR, "POST", "/v1/suspensions", body)
    city.things[short_name]["suspension"] = str(made["id"])


async def _heard(city: City) -> None:
    """Wait until the gateway knows who may take and who may not."""

    def takes(short_name: str) -> Callable[[], Awaitable[httpx.Response]]:
        at = f"/v1/grants/{city.things[short_name]['grant']}/snapshot"
        headers = city.headers(short_name, ClientKind.SYSTEM)
        return lambda: city.whole.http.get(at, headers=headers)

    for short_name, status in ((MINE, 200), (THEIRS, 200), (SUSPENDED, 403)):
        for _ in range(400):
            if (await takes(short_name)()).status_code == status:
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError(short_name)
