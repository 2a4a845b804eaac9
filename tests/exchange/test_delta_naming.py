"""Delta Sharing without a server: names, pages of names, and schemas."""

import orjson

from services.exchange.delta import protocol
from services.exchange.delta.naming import label, listed
from services.exchange.tables.items import Item, ItemType


def test_a_name_becomes_a_label_that_neither_address_nor_client_misreads() -> None:
    assert label("示例市市场监督管理局") == "示例市市场监督管理局"
    assert label("a.b/c#d?e%f g（新）") == "a_b_c_d_e_f_g_新_"
    assert label(None) == label("") == "_"
    long = label("局" * 100)
    assert long == "局" * 20
    assert label("\U00020000" * 16) == "\U00020000" * 15


def test_every_name_is_on_one_page_whatever_the_pages_size() -> None:
    names = [f"n{number:02d}" for number in range(7)] * 2
    for most in (1, 2, 3, 7, 8):
        seen: list[str] = []
        after: str | None = None
        while True:
            page = listed(names, after, most)
            seen += page.names
            after = page.after
            if after is None:
                break
        assert seen == sorted(set(names))


def test_a_page_of_no_size_says_that_there_is_more() -> None:
    assert listed(["a"], None, 0).after is not None
    assert listed(["a"], "", 0).names == []
    assert listed([], None, 0).after is None


def test_every_type_of_the_catalogue_has_one_of_deltas() -> None:
    known = {"string", "long", "double", "boolean", "date", "timestamp"}
    for kind in ItemType:
        told = protocol.schema([Item(code="x", name="甲", type=kind)], pseudonymous=False)
        [field] = orjson.loads(orjson.dumps(told))["fields"]
        assert (field["name"], field["metadata"]) == ("x", {"comment": "甲"})
        assert field["type"] in known or field["type"].startswith("decimal(38,")
    money = Item(code="x", name="甲", type=ItemType.CURRENCY, scale=4)
    fields = orjson.loads(orjson.dumps(protocol.schema([money], pseudonymous=True)))["fields"]
    assert [(field["name"], field["type"]) for field in fields] == [
        ("_key", "string"),
        ("x", "decimal(38,4)"),
    ]
