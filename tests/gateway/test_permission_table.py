"""The table of permissions: what it says is what the gateway decides by."""

import re
from itertools import product

import pytest

from gateway.permissions.page import page
from gateway.permissions.table import HolderKind, table
from gateway.permissions.words import HOLDERS, PERMISSIONS
from gateway.roles import CLIENTS, ROLES, ClientKind, Role
from gateway.rules import RULES
from shared.principal import Permission
from tests.gateway.conftest import Gateway

CHINESE = re.compile(r"^[\u4e00-\u9fff（）]+$")
HELD: dict[str, frozenset[Permission]] = {
    **{role.value: ROLES[role] for role in Role},
    **{kind.value: CLIENTS[kind] for kind in ClientKind},
}


def test_every_role_machine_and_permission_has_a_chinese_name_of_its_own() -> None:
    assert HOLDERS.keys() == {*Role, *ClientKind}
    assert PERMISSIONS.keys() == set(Permission)
    names = [*HOLDERS.values(), *PERMISSIONS.values()]
    assert len(names) == len(set(names))
    assert [name for name in names if not CHINESE.match(name)] == []


@pytest.mark.duty("D23", "baoji-2017 §4(4)", "jiangsu-2017 §4(4)", "yixing-2016 §25")
def test_the_table_says_of_every_holder_and_permission_what_is_decided() -> None:
    made = table(RULES, {})
    lines = {line.permission: line for line in made.lines}
    for holder, permission in product(made.holders, Permission):
        may = permission in HELD[holder.id]
        assert (permission in holder.permissions) is may
        assert (holder.id in lines[permission].holders) is may
    assert {h.id for h in made.holders} == HELD.keys()
    assert {h.id for h in made.holders if h.kind is HolderKind.CLIENT} == set(ClientKind)


def test_the_table_lists_every_operation_once_under_its_permission() -> None:
    summaries = {RULES[0].operation: "甲 · A"}
    listed = [
        (f"{o.method} {o.path}", line.permission, o.data, o.summary)
        for line in table(RULES, summaries).lines
        for o in line.operations
    ]
    assert sorted(listed, key=str) == sorted(
        ((r.operation, r.permission, r.data, summaries.get(r.operation)) for r in RULES), key=str
    )


def test_the_page_holds_nothing_that_a_service_could_inject() -> None:
    html = page(table(RULES, {rule.operation: "<script>·</script>" for rule in RULES}))
    assert "<script" not in html
    assert "&lt;script&gt;" in html


async def test_the_page_is_chinese_first_without_script_or_foreign_files(gateway: Gateway) -> None:
    answer = await gateway.http.get("/permissions")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert '<html lang="zh-CN">' in answer.text
    assert "<script" not in answer.text
    assert re.findall(r"(?:src|href|url\()", answer.text) == []
    for name in (*HOLDERS.values(), *PERMISSIONS.values()):
        assert name in answer.text
    for rule in RULES:
        assert f"{rule.method} {rule.path}" in answer.text


@pytest.mark.duty("D23", "baoji-2017 §20")
async def test_a_member_reads_the_table_as_data_and_a_stranger_does_not(gateway: Gateway) -> None:
    assert (await gateway.http.get("/v1/permissions")).status_code == 401
    answer = await gateway.http.get("/v1/permissions", headers=await gateway.bearer("tax"))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert {h["id"]: set(h["permissions"]) for h in told["holders"]} == HELD
    found = {
        (f"{o['method']} {o['path']}", line["permission"])
        for line in told["permissions"]
        for o in line["operations"]
    }
    assert found == {(rule.operation, rule.permission.value) for rule in RULES}
    own = [o for line in told["permissions"] for o in line["operations"] if o["path"] == "/v1/me"]
    assert own[0]["summary"] == "我是谁 · Who am I"
