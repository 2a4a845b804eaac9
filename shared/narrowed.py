"""A column that keeps how a grant is narrowed, as one text: equal narrowings are equal texts."""

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from shared.narrowing import Narrowing as Narrowing


class Narrowed(TypeDecorator[Narrowing]):
    """Null where nothing is narrowed."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Narrowing | None, dialect: Dialect) -> str | None:
        """To its text."""
        return None if value is None else value.kept()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Narrowing | None:
        """From its text."""
        return None if value is None else Narrowing.of(value)

    @property
    def python_type(self) -> type[Narrowing]:
        """What the column loads."""
        return Narrowing
