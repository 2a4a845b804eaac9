"""Lists by pages: no row twice and none left out, and no cursor but a list's own."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from shared import crypto, db, pages
from shared.ids import new_id
from shared.pages import CursorInvalid, PageParams
from tests.shared.world import AT, Idempotency, Inbox


def row(event: UUID, sequence: int = 0, at: datetime = AT) -> Inbox:
    return Inbox(event_id=event, source="s", sequence=sequence, received_at=at)


async def walk(
    sessions: db.Sessions, keys: list[Any], limit: int, *, descending: bool, meanwhile: bool
) -> list[UUID]:
    """Every id of the list, page by page, while rows are added before and behind."""
    seen: list[UUID] = []
    cursor: str | None = None
    while True:
        async with sessions.begin() as session:
            params = PageParams(limit=limit, cursor=cursor)
            found, cursor = await pages.page(
                session, select(Inbox), keys, params, descending=descending
            )
            seen += [f.event_id for f in found]
            assert len(found) <= limit
            if cursor is None:
                return seen
            if meanwhile:
                session.add(row(new_id()))
                session.add(row(UUID(int=len(seen)), at=AT - timedelta(days=len(seen))))


@pytest.mark.parametrize("limit", [1, 3, 7, 30, 31])
@pytest.mark.parametrize("descending", [False, True])
async def test_no_row_is_told_twice_or_left_out_while_others_are_added(
    sessions: db.Sessions, limit: int, descending: bool
) -> None:
    mine = [new_id() for _ in range(30)]
    async with sessions.begin() as session:
        # Five of each moment: only the id tells them apart.
        session.add_all([row(m, at=AT + timedelta(seconds=n // 5)) for n, m in enumerate(mine)])
    keys = [Inbox.received_at, Inbox.event_id]
    seen = await walk(sessions, keys, limit, descending=descending, meanwhile=False)
    assert seen == sorted(mine, reverse=descending)
    seen = await walk(sessions, keys, limit, descending=descending, meanwhile=limit > 1)
    assert len(seen) == len(set(seen))
    assert [s for s in seen if s in set(mine)] == sorted(mine, reverse=descending)


KINDS: dict[type[object], st.SearchStrategy[object]] = {
    UUID: st.uuids(),
    int: st.integers(-(1 << 63) + 1, (1 << 63) - 1),
    str: st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])),
    float: st.floats(allow_nan=False, allow_infinity=False),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
}


@given(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=3), st.data())
def test_a_cursor_brings_its_values_back(kinds: list[type[object]], data: st.DataObject) -> None:
    values = [data.draw(KINDS[kind]) for kind in kinds]
    cursor = pages.encode(values)
    assert pages.decode(cursor, kinds) == values
    with pytest.raises(CursorInvalid):
        pages.decode(cursor, [*kinds, int])


def cursor_of(document: object) -> str:
    return crypto.base64url(orjson.dumps(document))


FOREIGN = [
    "",
    "x",
    "é",
    "====",
    "a" * 2048,
    cursor_of(None),
    cursor_of(5),
    cursor_of([]),
    cursor_of("uu"),
    cursor_of({"ab": 1}),
    cursor_of([5]),
    cursor_of([["u", 5]]),
    cursor_of([["u", None]]),
    cursor_of([["u", "no id"]]),
    cursor_of([["t", "0001-01-01T00:00:00+23:59"]]),
    cursor_of([["t", 5]]),
    cursor_of([["v", "text"]]),
    cursor_of([["v", "nul \0"]]),
    cursor_of([["v", 1 << 63]]),
    cursor_of([["v", True]]),
    cursor_of([["v", [1]]]),
    cursor_of([["x", "y"]]),
    cursor_of([["u", str(UUID(int=1))], ["u", str(UUID(int=1))]]),
    crypto.base64url(b"[" * 1500),
]


@pytest.mark.parametrize("cursor", FOREIGN)
@pytest.mark.parametrize("key", [Inbox.event_id, Inbox.sequence, Inbox.received_at])
async def test_a_foreign_cursor_is_refused(sessions: db.Sessions, cursor: str, key: Any) -> None:
    async with sessions() as session:
        with pytest.raises(CursorInvalid):
            await pages.page(session, select(Inbox), [key], PageParams(cursor=cursor))


async def test_a_cursor_of_another_list_is_refused(sessions: db.Sessions) -> None:
    async with sessions() as session:
        for keys, cursor in (
            ([Inbox.sequence], pages.encode([new_id()])),
            ([Inbox.event_id], pages.encode([5])),
            ([Inbox.received_at], pages.encode(["2026"])),
            ([Idempotency.key], pages.encode([AT])),
        ):
            with pytest.raises(CursorInvalid):
                await pages.page(session, select(Inbox), keys, PageParams(cursor=cursor))
