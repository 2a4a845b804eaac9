"""CKAN's answers as portals really give them: odd types, missing members, several languages."""

from typing import Any

import orjson
import pytest

from services.catalog.harvest import ckan
from services.catalog.harvest.records import Record
from services.catalog.mappings.translation import Translation

FOUND = {"id": "8f1c2a40-0000-4000-8000-000000000001", "title": "停车场名录"}


def read(*packages: Any, **mapping: str) -> ckan.Page:
    """What a page with these datasets says."""
    result = {"count": len(packages), "sort": "score desc", "facets": {}, "results": packages}
    body = {"help": "https://portal.example/help", "success": True, "result": result}
    return ckan.page(orjson.dumps(body), Translation.of(mapping, {}))


def one(**changes: Any) -> Record:
    """A dataset that says this, read."""
    page = read(FOUND | changes)
    assert page.unread == 0
    (record,) = page.records
    return record


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ({"title": {"de": "Parkplätze", "fr": "Parkings", "en": "Car parks"}}, "Car parks"),
        ({"title": {"de": "", "zh_CN": "停车场", "en": "Car parks"}}, "停车场"),
        ({"title": '{"de": "Parkplätze", "it": ""}'}, "Parkplätze"),
        ({"title": None, "title_translated": {"fi": "Pysäköinti", "sv": ""}}, "Pysäköinti"),
        ({"title": "", "display_name": {"fr": "Parkings"}}, "Parkings"),
        ({"title": None, "name": "car-parks"}, "car-parks"),
        ({"title": 2024}, "2024"),
        ({"title": ["a list"]}, FOUND["id"]),
        ({"title": "{never closed"}, "{never closed"),
    ],
    ids=lambda value: None if isinstance(value, str) else "-".join(value),
)
def test_a_name_is_read_however_the_portal_states_it(stated: Any, name: str) -> None:
    assert one(**stated).told["name"] == name


@pytest.mark.parametrize(
    ("stated", "abstract"),
    [
        ({"notes": "车位数。"}, "车位数。"),
        ({"notes": None, "description": {"de": "", "en": "Places."}}, "Places."),
        ({"notes": " ", "notes_translated": {"fi": "Paikat."}}, "Paikat."),
        ({"notes": None}, None),
    ],
    ids=["plain", "description", "translated", "nothing"],
)
def test_an_abstract_is_read_however_the_portal_states_it(
    stated: Any, abstract: str | None
) -> None:
    assert one(**stated).told.get("abstract") == abstract


@pytest.mark.parametrize(
    ("resources", "type_"),
    [
        ([{"format": "XLS", "mimetype": None}], "xls"),
        ([{"format": "", "mimetype": None, "url": "https://x.example/d/list2016.xls?v=1"}], "xls"),
        ([{"format": None, "mimetype": "text/csv", "size": "12"}], "csv"),
        ([{"format": "", "url": "https://x.example/arcgis/rest/MapServer"}], None),
        ([None, "file", {"format": ["XLSX"]}, {"format": "PDF"}], "pdf"),
        (None, None),
    ],
    ids=["stated", "by-its-address", "by-its-media-type", "a-service", "odd", "null"],
)
def test_a_format_is_stated_or_told_by_the_address(resources: Any, type_: str | None) -> None:
    told = one(resources=resources).told.get("format")
    assert (told["type"] if isinstance(told, dict) else None) == type_


def test_members_of_odd_types_keep_no_dataset_out() -> None:
    odd = {
        "id": "FI.GOV.0245437-2.query",
        "private": None,
        "state": None,
        "isopen": "",
        "license_id": None,
        "extras": {"frequency": "M", "contact": {"deep": [1]}},
        "organization": "transport",
        "groups": ["roads", {"name": "cities", "title": {"en": "Cities"}}, None],
        "keywords": {"de": ["parken"], "en": []},
        "tags": [{"display_name": "parking", "vocabulary_id": None}],
        "num_resources": "3",
        "relationships_as_object": [],
    }
    assert one(**odd).identifier == "FI.GOV.0245437-2.query"
    mapped = read(FOUND | odd, **{"extras.frequency": "update_cycle"}).records[0]
    assert mapped.told["update_cycle"] == "M"
    pairs = [{"key": "frequency", "value": "M"}, {"value": "no key"}, {"key": 7, "value": None}]
    mapped = read(FOUND | {"extras": pairs}, **{"extras.frequency": "update_cycle"}).records[0]
    assert mapped.told["update_cycle"] == "M"


def test_what_is_no_dataset_or_not_shown_is_left_out_and_what_is_unread_is_counted() -> None:
    page = read(
        FOUND,
        FOUND | {"private": "True"},
        FOUND | {"state": "deleted"},
        FOUND | {"type": "harvest"},
        FOUND | {"type": "showcase"},
        {"title": "without an id"},
        FOUND | {"private": "perhaps"},
        "no dataset",
        None,
    )
    assert (len(page.records), page.unread, page.size) == (1, 4, 9)
