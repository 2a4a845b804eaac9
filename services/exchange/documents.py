"""Small documents in a JSONB column, one or a list of them, typed on both sides."""

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

Model = TypeVar("Model", bound=BaseModel)
Json = list[dict[str, str | int | bool | None]]
JsonObject = dict[str, Any]  # the edge: a document of any depth, as its model dumps it


class CutFile(BaseModel):
    """One file of a cut: its content's digest (hexadecimal), its bytes and rows."""

    model_config = ConfigDict(frozen=True)

    digest: str
    size: int
    rows: int


class Documents(TypeDecorator[list[Model]]):
    """A column of documents of one model."""

    impl = JSONB
    cache_ok = True

    def __init__(self, model: type[Model]) -> None:
        super().__init__(none_as_null=True)
        self._model = model
        self._many = TypeAdapter(list[model])  # type: ignore[valid-type]  # a class at run time

    def process_bind_param(self, value: Sequence[Model] | None, dialect: Dialect) -> Json | None:
        """To JSON."""
        return None if value is None else [v.model_dump(mode="json") for v in value]

    def process_result_value(self, value: Json | None, dialect: Dialect) -> list[Model] | None:
        """From JSON."""
        return None if value is None else self._many.validate_python(value)

    @property
    def python_type(self) -> type[list[Model]]:
        """What the column loads."""
        return list


class Document(TypeDecorator[Model]):
    """A column of one document of one model."""

    impl = JSONB
    cache_ok = True

    def __init__(self, model: type[Model]) -> None:
        super().__init__(none_as_null=True)
        self._model = model

    def process_bind_param(self, value: Model | None, dialect: Dialect) -> JsonObject | None:
        """To JSON."""
        return None if value is None else value.model_dump(mode="json")

    def process_result_value(self, value: JsonObject | None, dialect: Dialect) -> Model | None:
        """From JSON."""
        return None if value is None else self._model.model_validate(value)

    @property
    def python_type(self) -> type[Model]:
        """What the column loads."""
        return self._model
