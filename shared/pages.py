"""Lists by keyset pages: a page costs the same wherever it lies, and nothing is skipped."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
from fastapi import Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from shared.crypto import base64url, from_base64url
from shared.errors import BadRequest

Item = TypeVar("Item")
Row = TypeVar("Row")


class CursorInvalid(BadRequest):
    """The cursor did not come from this list."""

    code = "cursor-invalid"
    title = "Cursor invalid"


class Page(BaseModel, Generic[Item]):
    """One page of a list. `next` is the cursor of the following page, null at the end."""

    items: list[Item]
    next: str | None = Field(default=None, description="Pass it as `cursor` for the next page.")


class PageParams(BaseModel):
    """How much of a list is asked for, and from where."""

    limit: int = 50
    cursor: str | None = None


async def page_params(
    limit: Annotated[int, Query(ge=1, le=200, description="Rows on a page.")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=2048, description="`next` of the page before.")
    ] = None,
) -> PageParams:
    """The two query parameters of every list."""
    return PageParams(limit=limit, cursor=cursor)


Paging = Annotated[PageParams, Depends(page_params)]


def encode(values: Sequence[object]) -> str:
    """The opaque cursor that stands after a row with these key values."""
    return base64url(orjson.dumps([_tagged(value) for value in values]))


def decode(cursor: str, kinds: Sequence[type[object]]) -> list[Any]:
    """The key values inside a cursor, which must be of these types. Raises CursorInvalid."""
    try:
        values = [_untagged(*pair) for pair in orjson.loads(from_base64url(cursor))]
    except (ValueError, TypeError, OverflowError):
        raise CursorInvalid("This cursor does not belong to this list; start again.") from None
    if [type(value) for value in values] != list(kinds):
        raise CursorInvalid("This cursor does not belong to this list; start again.")
    return values


async def page(
    session: AsyncSession,
    statement: Select[Row],
    keys: Sequence[ColumnElement[Any] | Any],
    params: PageParams,
    *,
    descending: bool = False,
) -> tuple[list[Row], str | None]:
    """One page of single-entity `statement`, ordered by `keys` (unique together), and `next`.

    The keys must be columns of the selected entity and not null.
    """
    if params.cursor is not None:
        after = tuple_(*decode(params.cursor, [key.type.python_type for key in keys]))
        here = tuple_(*keys)
        statement = statement.where(here < after if descending else here > after)
    ordered = statement.order_by(*[key.desc() if descending else key for key in keys])
    rows = list((await session.scalars(ordered.limit(params.limit + 1))).all())
    if len(rows) <= params.limit:
        return rows, None
    rows = rows[: params.limit]
    return rows, encode([getattr(rows[-1], str(key.key)) for key in keys])


def _tagged(value: object) -> tuple[str, object]:
    match value:
        case UUID():
            return "u", value.hex
        case datetime():
            return "t", value.isoformat()
        case date():
            return "d", value.isoformat()
        case int() | str() | float():
            return "v", value
    raise TypeError(f"no cursor over {type(value).__name__}")


def _untagged(tag: str, value: object) -> object:
    match tag, value:
        case "u", str():
            return UUID(value)
        case "t", str():
            at = datetime.fromisoformat(value)
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        case "d", str():
            return date.fromisoformat(value)
        case "v", int() if abs(value) < 1 << 63:
            return value
        case "v", float():
            return value
        case "v", str() if "\0" not in value:
            return value
    raise ValueError(tag)
