"""The docs page: one document in an operator's order, its files from here alone."""

import re

import pytest

from gateway import groups
from gateway.groups import GROUPS
from gateway.openapi import merged
from gateway.rules import RULES
from tests.gateway.conftest import Gateway

BILINGUAL = re.compile(r"^[\u4e00-\u9fff、，；]+ · [A-Z][A-Za-z' ,]+$")
# What services say of themselves, shortened to what the merging looks at.
SAID = {
    service: {
        "paths": {
            path: {
                rule.method.lower(): {"tags": ["其他 · Other"], "summary": "做 · Do"}
                for rule in RULES
                if rule.path == path
            }
            for path in {rule.path for rule in RULES if rule.service == service}
        }
    }
    for service in {rule.service for rule in RULES}
}


def test_every_group_says_its_name_and_its_purpose_in_both_languages() -> None:
    assert [group.name for group in GROUPS if not BILINGUAL.match(group.name)] == []
    assert [group.name for group in GROUPS if " · " not in group.about] == []
    assert len({group.name for group in GROUPS}) == len(GROUPS)


def test_the_gateways_own_operations_are_grouped_by_their_paths() -> None:
    assert groups.group_of("/v1/me/password", "x") == "我的账号 · My account"
    assert groups.group_of("/v1/clients", "x") == "系统与前置机 · Machines"
    assert groups.group_of("/v1/meetings", "会议 · Meetings") == "会议 · Meetings"


def test_groups_that_nobody_ordered_come_last_and_are_not_lost() -> None:
    names = {"授权 · Grants", "我的账号 · My account", "会议 · Meetings"}
    assert [tag["name"] for tag in groups.in_order(names)] == [
        "我的账号 · My account",
        "授权 · Grants",
        "会议 · Meetings",
    ]


def test_every_operation_stands_in_one_listed_group_and_says_who_may() -> None:
    document = merged(SAID, "https://huitong.example")
    listed = [tag["name"] for tag in document["tags"]]
    for rule in RULES:
        shown = document["paths"][rule.path][rule.method.lower()]
        assert [tag for tag in shown["tags"] if tag in listed] == shown["tags"] != []
        first = shown["description"].partition("\n")[0]
        assert first.startswith("**权限 · Permission**：")
        assert f"`{rule.permission.value}`" in first
        assert ("须有授权" in first) is rule.data


@pytest.mark.parametrize("name", ["swagger-ui-bundle.js", "swagger-ui.css", "docs.js", "docs.css"])
async def test_the_page_names_its_files_and_they_come_from_here(
    gateway: Gateway, name: str
) -> None:
    page = await gateway.http.get("/docs")
    assert f'"/docs/files/{name}"' in page.text
    assert '<html lang="zh-CN">' in page.text
    file = await gateway.http.get(f"/docs/files/{name}")
    assert file.status_code == 200
    assert file.headers["content-type"].startswith(("text/javascript", "text/css"))
    # Nothing in our own files leads elsewhere.
    assert not name.startswith("docs") or "//" not in re.sub(r"(?m)^\s*//.*$", "", file.text)


async def test_no_other_file_is_served(gateway: Gateway) -> None:
    for name in ("pages.py", "..%2fpages.py", "docs.js.map"):
        assert (await gateway.http.get(f"/docs/files/{name}")).status_code == 404
