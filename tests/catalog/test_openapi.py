"""What the catalogue says of its own operations."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI

from shared.principal import Permission
from tests.catalog.world import World, divisions, entry, penalties, told

HAN = re.compile("[\u4e00-\u9fff]")


def operations(app: FastAPI) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation, by method and path."""
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


async def test_every_operation_names_its_permission_and_speaks_both_languages(
    world: World,
) -> None:
    for name, operation in operations(world.app):
        chinese, _, english = operation["summary"].partition(" · ")
        assert HAN.search(chinese), name
        assert english.isascii(), name
        (needed,) = (scope for entry in operation["security"] for scope in entry["passport"])
        assert f"Permission `{needed}`" in operation["description"], name


@pytest.mark.parametrize("body", [entry(), divisions(), penalties()], ids=lambda b: b["name"])
async def test_the_examples_can_be_sent_as_they_stand(
    world: World, body: dict[str, object]
) -> None:
    resource = await world.draft(body)
    assert told(await world.submit(resource), 200)["state"] == "submitted"


async def test_who_lacks_the_permission_is_refused_before_anything_is_looked_at(
    world: World,
) -> None:
    reader = replace(world.compiler, permissions=frozenset({Permission.RESOURCE_READ}))
    resource = await world.draft()
    assert told(await world.read(resource, reader), 200)["state"] == "draft"
    for answer in (
        await world.compile(by=reader),
        await world.submit(resource, by=reader),
        await world.rewrite(resource, entry(), '"1"', by=reader),
        await world.review(resource, by=reader),
        await world.publish(resource, by=reader),
        await world.withdraw(resource, by=reader),
    ):
        assert told(answer, 403)["code"] == "permission-missing"
