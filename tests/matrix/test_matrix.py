"""Every operation × every role × {own, another's, overseen, nobody's, suspended} is as the table
says, and every call is in the log as it was answered."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from gateway.roles import CLIENTS, ROLES, ClientKind, Role
from gateway.rules import RULES, Rule
from services.audit.models import Base as AuditBase
from services.audit.models import LogEntry
from shared import db
from shared.ids import new_id
from tests.matrix import city, things, whole
from tests.matrix.calls import BODIES, HEADERS, QUERIES, example
from tests.matrix.cells import ANSWERED, UNKNOWN, Cell
from tests.matrix.city import AUTHORITY, MINE, SUSPENDED, THEIRS, City
from tests.matrix.expectations import CELLS
from tests.matrix.whole import Json, Whole
from tests.servers import Dsn
from tests.told import SettingsFor

HOLDERS = [*(role.value for role in Role), *(kind.value for kind in ClientKind)]
PERMISSIONS = {
    **{role.value: granted for role, granted in ROLES.items()},
    **{kind.value: granted for kind, granted in CLIENTS.items()},
}
# Column: whose member calls, whose things are named, and the table's word for what is answered.
COLUMNS = {
    "own": (MINE, MINE),
    "theirs": (MINE, THEIRS),
    "nobodys": (MINE, None),
    "suspended": (SUSPENDED, SUSPENDED),
    "overseen": (AUTHORITY, THEIRS),
}
# Where an id is no UUID: what nobody has, in the form that is asked for.
NOBODYS = {
    "index": "999999999",
    "version": "1",
    "element": "no-such-element",
    "mapping": "no-such-mapping",
    "catalogue": "sharing",
    "quarter": "2025Q1",
    "period": "2026-01",
    "operation": "by-id",
}
_NAME = re.compile(r"\{(\w+)\}")
_ENDINGS = ("close", "end", "revoke", "withdraw")
_AT_ONCE = 8


@dataclass(frozen=True)
class Call:
    """One cell: who calls what, on whose thing, and what the answer must be."""

    rule: Rule
    cell: Cell
    column: str
    holder: str

    @property
    def expected(self) -> str:
        """The table's word, or what the gateway says to whoever lacks the permission."""
        if self.rule.permission not in PERMISSIONS[self.holder]:
            return "permission-missing"
        if self.cell.machines is not None and self.holder in set(ClientKind):
            return self.cell.machines
        word: str | None = getattr(self.cell, self.column)
        if self.holder in self.cell.everywhere and self.column != "nobodys":
            return ANSWERED
        if self.holder in self.cell.overseeing and self.column == "overseen":
            return ANSWERED
        if self.holder in self.cell.at_home and self.column in ("own", "suspended"):
            return ANSWERED
        if self.holder in self.cell.but and self.column in ("own", "suspended"):
            return self.cell.but[self.holder]
        return word if word is not None else self.cell.own

    def __str__(self) -> str:
        return f"{self.rule.operation} as {self.holder}, {self.column} {dict(self.cell.names)}"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    code: str | None
    article: str | None
    access_id: str

    @property
    def word(self) -> str:
        """The answer in the words of the table."""
        if self.status == 404:
            return UNKNOWN
        if self.status in (401, 403):
            return str(self.code)
        # What is sent are the examples of the docs page: they must run.
        if self.status in (400, 422, 428, 429) or self.status >= 500:
            return f"{self.status} {self.code}"
        return ANSWERED


def test_the_table_has_a_line_for_every_operation_and_no_other() -> None:
    assert set(CELLS) == {rule.operation for rule in RULES}


def test_every_role_and_kind_of_client_calls() -> None:
    assert set(HOLDERS) == {str(holder) for holder in (*ROLES, *CLIENTS)}


def _calls(rules: list[Rule]) -> Iterator[Call]:
    for rule in rules:
        # An operation without a line fails a test of its own.
        for cell in CELLS.get(rule.operation, ()):
            for column in COLUMNS:
                for holder in HOLDERS:
                    yield Call(rule, cell, column, holder)


def _in_order() -> list[Rule]:
    """What reads first, what takes data next, what ends a thing last."""

    def place(rule: Rule) -> int:
        if rule.method == "GET" or rule.data:
            return 0
        return 2 if rule.path.endswith(_ENDINGS) else 1

    return sorted(RULES, key=place)


@dataclass
class Driver:
    """Sends the calls of the matrix."""

    city: City
    description: Json
    lists: dict[tuple[str, str, str], Answer] = field(default_factory=dict)

    async def send(self, call: Call) -> Answer:
        """Make the call of one cell; a list that nobody is named in is read once by each."""
        caller, owner = COLUMNS[call.column]
        asked = (caller, call.holder, call.rule.operation)
        if asked in self.lists:
            return self.lists[asked]
        answer = await self._send(call, caller, owner)
        if call.rule.method == "GET" and "{" not in call.rule.path:
            self.lists[asked] = answer
        return answer

    async def _send(self, call: Call, caller: str, owner: str | None) -> Answer:
        named = await self._things(call, owner)
        operation = call.rule.operation
        if operation in BODIES:
            body = BODIES[operation](named)
        else:
            body = example(self.description, call.rule.method, call.rule.path)
        headers = self.city.headers(caller, call.holder)
        return await self._ask(call.rule, named, headers, body)

    async def send_as_a_stranger(self, rule: Rule) -> Answer:
        """The same without a token."""
        anything = {name: str(new_id()) for name in _NAME.findall(rule.path)}
        return await self._ask(rule, self.city.things[MINE] | anything, {}, {})

    async def _ask(
        self, rule: Rule, named: dict[str, str], headers: dict[str, str], body: Any
    ) -> Answer:
        path = _NAME.sub(lambda name: named[name[1]], rule.path)
        headers = headers | HEADERS.get(rule.operation, {})
        sent: dict[str, Any] = {}
        if isinstance(body, bytes):
            sent["content"] = body
            headers = headers | {"content-type": "text/csv"}
        elif rule.method != "GET" and body is not None:
            sent["json"] = body
        answer = await self.city.whole.http.request(
            rule.method, path, headers=headers, params=QUERIES.get(rule.operation), **sent
        )
        problem = answer.json() if "problem" in answer.headers.get("content-type", "") else {}
        return Answer(
            answer.status_code,
            problem.get("code"),
            problem.get("article"),
            answer.headers.get("x-request-id", "none"),
        )

    async def _things(self, call: Call, owner: str | None) -> dict[str, str]:
        if owner is None:
            named = {name: str(new_id()) for name in self.city.things[MINE]} | NOBODYS
        else:
            named = dict(self.city.things[owner])
        for name, thing in call.cell.names.items():
            named[name] = named[thing]
        if owner is not None and call.rule.method == "DELETE" and call.expected == ANSWERED:
            # What was deleted once is not there for the next.
            if "operator" in call.rule.path:
                named |= await things.fresh_link(self.city, named["operator"])
            else:
                named |= await things.fresh_machine(self.city, owner)
        return named


@pytest.fixture
async def driver(settings_for: SettingsFor, bus_dsn: Dsn, tmp_path: Path) -> AsyncIterator[Driver]:
    """A city, and who drives the matrix through it."""
    document = city.register(tmp_path)
    async with whole.running(settings_for, document, tmp_path) as platform:
        yield await _settled(platform)


async def _settled(platform: Whole) -> Driver:
    """Everybody has logged in, and every department has one of each thing."""
    settled = City(platform)
    for short_name in (MINE, SUSPENDED):
        await things.misplaced(platform, short_name, list(city.MISPLACED))
    await city.enter(settled)
    published = await city.publish(settled)
    for short_name in (MINE, THEIRS, SUSPENDED):
        settled.things[short_name] = await things.of_department(settled, short_name, published)
    await city.suspend(settled)
    return Driver(settled, (await platform.http.get("/openapi.json")).json())


@pytest.mark.duty("D23", "baoji-2017 §4(4)", "baoji-2017 §20")
@pytest.mark.duty("D24", "baoji-2017 §21")
@pytest.mark.duty("D27", "baoji-2017 §29")
@pytest.mark.timeout(1500)
async def test_every_cell_is_as_the_table_says_and_every_call_is_in_the_log(
    driver: Driver,
) -> None:
    lanes = asyncio.Semaphore(_AT_ONCE)
    answers: list[tuple[Call, Answer]] = []

    async def one(call: Call) -> None:
        async with lanes:
            answers.append((call, await driver.send(call)))

    for rule in _in_order():
        calls = list(_calls([rule]))
        # Column by column: what the authority does to a thing comes after all others tried.
        for column in COLUMNS:
            await asyncio.gather(*(one(call) for call in calls if call.column == column))
    strangers = [await driver.send_as_a_stranger(rule) for rule in RULES]

    wrong = [
        f"{call}: {answer.word} ({answer.status} {answer.code}), not {call.expected}"
        for call, answer in answers
        if answer.word != call.expected
    ]
    assert not wrong, "\n".join(wrong)
    assert {(answer.status, answer.code) for answer in strangers} == {(401, "credentials-missing")}
    suspended = {a.article for _, a in answers if a.code == "department-suspended"}
    assert suspended == {"baoji-2017 §29"}
    await _compare_with_the_log(driver, answers, len(strangers))


async def _compare_with_the_log(
    driver: Driver, answers: list[tuple[Call, Answer]], strangers: int
) -> None:
    """Each answer against its entries: who asked for what, what was decided, and what left."""
    wanted = {answer.access_id for _, answer in answers}
    # Refusals of strangers are added up for a while before they are told.
    for _ in range(900):
        decided, completed, turned_away = await _log(driver)
        whole_log = wanted <= decided.keys() and turned_away >= strangers
        if whole_log and all(
            access in completed for access in wanted if decided[access]["decision"] == "allowed"
        ):
            break
        await asyncio.sleep(0.1)
    wrong = []
    for call, answer in answers:
        entry = decided.get(answer.access_id)
        if entry is None:
            wrong.append(f"{call}: not in the log")
            continue
        if entry["operation"] != call.rule.operation:
            wrong.append(f"{call}: recorded as {entry['operation']}")
        if entry["decision"] == "refused":
            recorded = (entry["status"], entry["reason"])
        else:
            end = completed[answer.access_id]
            recorded = (end["status"], end.get("reason") or answer.code)
        if recorded != (answer.status, answer.code):
            wrong.append(f"{call}: {answer} recorded as {recorded}")
    assert not wrong, "\n".join(wrong)
    assert turned_away == strangers
    # The gateway refused each of these itself, and for the reason that the table gives.
    expected = {answer.access_id: call.expected for call, answer in answers}
    counted = Counter(expected.values())
    recorded_reasons = Counter(
        entry.get("reason") for access, entry in decided.items() if access in wanted
    )
    for reason in ("permission-missing", "department-suspended"):
        assert recorded_reasons[reason] == counted[reason] > 0


async def _log(driver: Driver) -> tuple[dict[str, Json], dict[str, Json], int]:
    """What is in the log now: `decided` and `completed` by access id, and strangers refused."""
    settings = driver.city.whole.settings["audit"]
    engine = db.engine(settings.database.get_secret_value(), size=1)
    halves: dict[str, dict[str, Json]] = {"decided": {}, "completed": {}}
    strangers = 0
    try:
        async with db.sessions(engine, AuditBase)() as session:
            kinds = LogEntry.kind.in_(tuple(halves))
            for body in await session.scalars(select(LogEntry.body).where(kinds)):
                entry = orjson.loads(body)
                entry |= entry["content"]
                if entry.get("reason") == "credentials-missing":
                    strangers += int(entry["count"])
                halves[entry["kind"]][entry["access_id"]] = entry
    finally:
        await engine.dispose()
    return halves["decided"], halves["completed"], strangers
