"""Row conditions and masks: the provider's, checked against the catalogue's items."""

import pytest

from services.requests.granting import Offer, OfferedItem
from services.requests.narrowing import NarrowingUnfit, fitted
from shared.events.catalog import Grade, ItemType, Secrecy, ShareType
from shared.events.requests import GrantIssued
from shared.narrowing import Comparison, Mask, MaskedItem, Narrowing, RowTerm
from tests.requests.world import World, refused, told

OFFER = Offer(
    ShareType.CONDITIONAL,
    Grade.ORDINARY,
    (
        OfferedItem("city", type=ItemType.CHARACTER),
        OfferedItem("day", type=ItemType.DATE),
        OfferedItem("sum", type=ItemType.NUMERIC, scale=2),
        OfferedItem("good", type=ItemType.LOGICAL),
        OfferedItem("id", secrecy=Secrecy.PRIVACY, type=ItemType.CHARACTER),
        OfferedItem("older"),
    ),
)


def asked(item: str, comparison: str, *values: str) -> Narrowing:
    term = RowTerm(item=item, comparison=Comparison(comparison), values=values)
    return Narrowing(rows=(term,))


def masks(*items: str) -> Narrowing:
    return Narrowing(masks=tuple(MaskedItem(item=item, mask=Mask.NAME) for item in items))


@pytest.mark.parametrize(
    ("narrowing", "kept"),
    [
        (asked("day", ">=", "2016年6月3日"), ("2016-06-03",)),
        (asked("sum", "<", "１,200"), ("1200.00",)),
        (asked("good", "=", "是"), ("true",)),
        (asked("city", "in", "苏州", "苏州", "无锡"), ("苏州", "无锡")),
        (asked("day", "is-null"), ()),
        (asked("day", "between", "20160603", "2016-6-3"), ("2016-06-03",)),
    ],
    ids=["date", "number", "logical", "twice", "null", "one-day"],
)
def test_values_are_kept_in_their_one_spelling(narrowing: Narrowing, kept: tuple[str, ...]) -> None:
    found = fitted(OFFER, ["city"], narrowing)
    assert found is not None
    assert found.rows[0].values == kept


@pytest.mark.parametrize(
    ("narrowing", "code"),
    [
        (asked("gone", "=", "1"), "unknown-item"),
        (asked("older", "=", "1"), "type-unknown"),
        (asked("id", "=", "61030219900101123X"), "private-item"),
        (asked("good", "<", "是"), "no-order"),
        (asked("city", "="), "count"),
        (asked("city", "=", "a", "b"), "count"),
        (asked("city", "is-null", "a"), "count"),
        (asked("city", "between", "a"), "count"),
        (asked("city", "in"), "count"),
        (asked("day", "=", "2016-13-01"), "not-of-its-type"),
        (asked("sum", "=", "1_000"), "not-of-its-type"),
        (asked("sum", "=", "NaN"), "not-of-its-type"),
        (asked("sum", "=", "1e999"), "not-of-its-type"),
        (asked("sum", "=", "0.005"), "not-of-its-type"),
        (asked("city", "=", ""), "not-of-its-type"),
        (asked("city", "=", "a\0"), "not-of-its-type"),
        (asked("day", "between", "2017-1-1", "2016-1-1"), "no-range"),
        (masks("day"), "no-text"),
        (masks("id"), "not-granted"),
        (masks("city", "city"), "twice"),
    ],
)
def test_a_narrowing_that_does_not_fit_the_items_is_refused_with_the_place(
    narrowing: Narrowing, code: str
) -> None:
    with pytest.raises(NarrowingUnfit) as refusal:
        fitted(OFFER, ["city", "day"], narrowing)
    assert [error.code for error in refusal.value.errors] == [code]


@pytest.mark.parametrize("nothing", [None, Narrowing()])
def test_no_narrowing_is_none(nothing: Narrowing | None) -> None:
    assert fitted(OFFER, ["city"], nothing) is None


@pytest.mark.duty("D16", "baoji-2017 §18")
async def test_the_provider_narrows_a_grant_and_both_sides_read_how(world: World) -> None:
    request = await world.open_request()
    wrong = {"rows": [{"item": "gone", "comparison": "=", "values": ["1"]}]}
    problem = refused(await world.approve(request, narrowing=wrong), 409, "request-narrowing-unfit")
    assert problem["errors"][0]["field"] == "narrowing.rows.0.item"
    assert (await world.read(request))["state"] == "submitted"

    narrowing = {
        "rows": [{"item": "phone", "comparison": "=", "values": ["12345"]}],
        "masks": [{"item": "name", "mask": "name"}],
    }
    grant = told(await world.approve(request, narrowing=narrowing), 200)["grant"]
    for side in (world.tax, world.market):
        shown = told(await world.as_(side).get(f"/v1/grants/{grant}"), 200)
        assert shown["narrowing"] == narrowing
    (issued,) = [e for e in await world.said() if e["type"] == GrantIssued.subject]
    assert issued["data"]["narrowing"] == narrowing


async def test_an_unknown_comparison_or_mask_is_malformed(world: World) -> None:
    request = await world.open_request()
    unknown: list[dict[str, list[dict[str, object]]]] = [
        {"rows": [{"item": "name", "comparison": "like", "values": ["%"]}]},
        {"rows": [{"item": "name", "comparison": "=", "values": ["x" * 201]}]},
        {"masks": [{"item": "name", "mask": "none"}]},
        {"columns": []},
    ]
    for wrong in unknown:
        refused(await world.approve(request, narrowing=wrong), 422, "malformed")
