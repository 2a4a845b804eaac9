"""Reads a JSON answer field by field: what does not fit is an error, never a guess."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import orjson

from huitong_client.errors import NotUnderstood


class Shape:
    """One JSON object and where it came from. Unknown fields are passed over: servers grow."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise NotUnderstood("not-an-object", where=where)
        self._fields: Mapping[str, object] = value
        self._where = where

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._fields.get(name) is not None

    def text(self, name: str) -> str:
        """A string."""
        value = self._fields.get(name)
        if not isinstance(value, str):
            raise self._unfit(name)
        return value

    def text_or_none(self, name: str) -> str | None:
        """A string; None where it is absent or null."""
        return self.text(name) if self.has(name) else None

    def whole(self, name: str) -> int:
        """A whole number."""
        value = self._fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._unfit(name)
        return value

    def whole_or_none(self, name: str) -> int | None:
        """A whole number; None where it is absent or null."""
        return self.whole(name) if self.has(name) else None

    def number(self, name: str) -> float:
        """A number, whole or not."""
        value = self._fields.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self._unfit(name)
        return float(value)

    def truth(self, name: str) -> bool:
        """True or false."""
        value = self._fields.get(name)
        if not isinstance(value, bool):
            raise self._unfit(name)
        return value

    def identifier(self, name: str) -> UUID:
        """A UUID."""
        try:
            return UUID(self.text(name))
        except ValueError:
            raise self._unfit(name) from None

    def moment(self, name: str) -> datetime:
        """A point in time with its zone (RFC 3339)."""
        try:
            at = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise self._unfit(name) from None
        if at.tzinfo is None:
            raise self._unfit(name)
        return at

    def moment_or_none(self, name: str) -> datetime | None:
        """A point in time; None where it is absent or null."""
        return self.moment(name) if self.has(name) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings; empty where it is absent or null."""
        values = self._list(name)
        if not all(isinstance(value, str) for value in values):
            raise self._unfit(name)
        return tuple(str(value) for value in values)

    def counts(self, name: str) -> dict[str, int]:
        """An object of whole numbers; empty where it is absent or null."""
        value = self._fields.get(name)
        if value is None:
            return {}
        inner = Shape(value, f"{self._where}.{name}")
        return {str(key): inner.whole(str(key)) for key in inner._fields}

    def each(self, name: str) -> list["Shape"]:
        """A list of objects; empty where it is absent or null."""
        return [
            Shape(value, f"{self._where}.{name}[{place}]")
            for place, value in enumerate(self._list(name))
        ]

    def inner(self, name: str) -> "Shape":
        """An object in the object."""
        return Shape(self._fields.get(name), f"{self._where}.{name}")

    def json(self) -> bytes:
        """The object as JSON: for what is handed on as it came."""
        return orjson.dumps(self._fields)

    def _list(self, name: str) -> list[object]:
        value = self._fields.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._unfit(name)
        return value

    def _unfit(self, name: str) -> NotUnderstood:
        return NotUnderstood("field-unfit", where=self._where, field=name)


def parse(body: bytes, where: str) -> Shape:
    """The JSON object in `body`. Raises NotUnderstood where it is none."""
    try:
        value: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise NotUnderstood("not-json", where=where) from None
    return Shape(value, where)
