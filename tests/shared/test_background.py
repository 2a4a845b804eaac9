"""Work beside something else ends with it, whatever it does with a cancellation."""

import asyncio

import pytest

from shared import background
from shared.background import beside, together


async def stubborn(refusals: int, ended: list[str]) -> None:
    """Goes on for ever, and drops so many cancellations."""
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            if not refusals:
                ended.append("stubborn")
                raise
            refusals -= 1


async def test_it_ends_with_the_block() -> None:
    ended: list[str] = []
    async with beside(stubborn(0, ended)):
        await asyncio.sleep(0)
    assert ended == ["stubborn"]


async def test_it_ends_also_where_a_cancellation_was_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "_PATIENCE_SECONDS", 0.01)
    ended: list[str] = []
    async with asyncio.timeout(10):
        async with beside(stubborn(2, ended)):
            await asyncio.sleep(0)
    assert ended == ["stubborn"]


async def test_what_it_failed_by_is_raised_at_the_end() -> None:
    async def failing() -> None:
        raise LookupError("lost")

    with pytest.raises(LookupError, match="lost"):
        async with beside(failing()):
            await asyncio.sleep(0)


async def test_of_several_none_goes_on_when_one_has_failed() -> None:
    async def failing() -> None:
        raise LookupError("lost")

    ended: list[str] = []
    with pytest.raises(LookupError, match="lost"):
        await together(stubborn(0, ended), failing())
    assert ended == ["stubborn"]


async def test_several_end_when_they_are_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_PATIENCE_SECONDS", 0.01)
    ended: list[str] = []
    async with asyncio.timeout(10), beside(together(stubborn(0, ended), stubborn(3, ended))):
        await asyncio.sleep(0.01)
    assert ended == ["stubborn", "stubborn"]
