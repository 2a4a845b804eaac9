"""What becomes of a request, by what the catalogue says of the resource and its items."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from services.requests.granting import (
    GrantRevokedAlready,
    GrantState,
    ItemsNotRequested,
    ItemsUnknown,
    Offer,
    OfferedItem,
    Path,
    ValidityPast,
    check_not_revoked,
    check_validity,
    chosen,
    classes,
    grant_state,
    is_sensitive,
    narrowed,
    path,
)
from shared.events.catalog import Grade, Secrecy, ShareType
from shared.rulebooks.vocabulary import RequestClass

NOW = datetime(2026, 3, 2, tzinfo=UTC)
NAME = OfferedItem("name")


def offer(
    share_type: ShareType = ShareType.UNCONDITIONAL,
    grade: Grade = Grade.ORDINARY,
    *items: OfferedItem,
    withdrawn: bool = False,
) -> Offer:
    return Offer(share_type, grade, items or (NAME,), withdrawn)


def expected(
    resource: ShareType, item: ShareType, grade: Grade, secrecy: Secrecy, withdrawn: bool
) -> Path:
    """The same rule, said the other way round: what must hold for each way."""
    open_entry = resource is not ShareType.NOT_SHARED and not withdrawn
    if open_entry and item is ShareType.UNCONDITIONAL:
        harmless = grade is Grade.ORDINARY and secrecy is Secrecy.NONE
        return Path.AT_ONCE if harmless else Path.PROVIDER
    if withdrawn or ShareType.NOT_SHARED in (resource, item):
        return Path.NEGOTIATION
    return Path.PROVIDER


@pytest.mark.duty("D11", "jiangsu-2017 §16", "yixing-2016 §8", "baoji-2017 §16")
@pytest.mark.duty("D35", "jiangsu-2012 §13", "jiangsu-2017 §16", "baoji-2017 §16")
@pytest.mark.duty("D07", "jiangsu-2012 §18", "yixing-2016 §9", "baoji-2017 §15(4)")
@pytest.mark.parametrize("withdrawn", [False, True])
@pytest.mark.parametrize(
    ("resource", "item", "grade", "secrecy"),
    list(product(ShareType, ShareType, Grade, Secrecy)),
    ids=lambda value: str(value),
)
def test_the_strictest_word_decides_the_way(
    resource: ShareType, item: ShareType, grade: Grade, secrecy: Secrecy, withdrawn: bool
) -> None:
    wanted = OfferedItem("name", item, secrecy)
    offered = Offer(resource, grade, (wanted,), withdrawn)
    assert path(offered, [wanted]) is expected(resource, item, grade, secrecy, withdrawn)


@pytest.mark.duty("D06", "jiangsu-2017 §11", "baoji-2017 §15")
def test_unconditional_items_of_a_conditional_entry_are_granted_at_once() -> None:
    level = OfferedItem("level", ShareType.CONDITIONAL)
    offered = offer(ShareType.CONDITIONAL, Grade.ORDINARY, NAME, level)
    assert path(offered, [NAME]) is Path.AT_ONCE
    assert path(offered, [NAME, level]) is Path.PROVIDER


def test_only_the_items_asked_for_count() -> None:
    secret = OfferedItem("phone", ShareType.CONDITIONAL, Secrecy.PRIVACY)
    offered = offer(ShareType.UNCONDITIONAL, Grade.ORDINARY, NAME, secret)
    assert path(offered, [NAME]) is Path.AT_ONCE
    assert path(offered, [NAME, secret]) is Path.PROVIDER


def test_sensitive_by_grade_or_by_item() -> None:
    private = OfferedItem("phone", secrecy=Secrecy.PRIVACY)
    assert not is_sensitive(offer(), [NAME])
    assert is_sensitive(offer(), [private])
    assert is_sensitive(offer(grade=Grade.SENSITIVE), [NAME])


@pytest.mark.parametrize(("way", "sensitive"), list(product(Path, [False, True])))
def test_a_request_belongs_to_the_classes_of_its_way_and_its_sensitivity(
    way: Path, sensitive: bool
) -> None:
    found = classes(way, sensitive=sensitive)
    assert RequestClass.ANY in found
    assert (RequestClass.CONDITIONAL in found) == (way is Path.PROVIDER)
    assert (RequestClass.SENSITIVE in found) == sensitive


def test_items_are_chosen_in_their_order_each_once() -> None:
    offered = offer(ShareType.UNCONDITIONAL, Grade.ORDINARY, NAME, OfferedItem("uscc"))
    assert [i.code for i in chosen(offered, ["uscc", "name", "uscc"])] == ["uscc", "name"]


def test_an_item_that_the_resource_does_not_have_is_refused_without_its_name() -> None:
    with pytest.raises(ItemsUnknown) as refusal:
        chosen(offer(), ["name", "salary"])
    assert [e.field for e in refusal.value.errors] == ["items.1"]
    assert "salary" not in str(refusal.value.errors) + refusal.value.detail


def test_an_approval_narrows_and_never_widens() -> None:
    assert narrowed(["uscc", "name"], None) == ("uscc", "name")
    assert narrowed(["uscc", "name"], ["name", "name"]) == ("name",)
    with pytest.raises(ItemsNotRequested):
        narrowed(["uscc"], ["uscc", "name"])


def test_a_grant_does_not_end_before_it_begins() -> None:
    check_validity(NOW, None)
    check_validity(NOW, NOW + timedelta(microseconds=1))
    with pytest.raises(ValidityPast):
        check_validity(NOW, NOW)


@pytest.mark.parametrize(
    ("until", "revoked", "state"),
    [
        (None, None, GrantState.ACTIVE),
        (NOW + timedelta(seconds=1), None, GrantState.ACTIVE),
        (NOW, None, GrantState.EXPIRED),
        (NOW, NOW, GrantState.REVOKED),
        (None, NOW, GrantState.REVOKED),
    ],
)
def test_a_grant_is_active_expired_or_revoked(
    until: datetime | None, revoked: datetime | None, state: GrantState
) -> None:
    assert grant_state(until, revoked, NOW) is state


def test_a_grant_is_revoked_once() -> None:
    check_not_revoked(None)
    with pytest.raises(GrantRevokedAlready):
        check_not_revoked(NOW)
