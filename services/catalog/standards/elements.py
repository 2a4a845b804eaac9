"""A data element (数据元): what an item that names it is, and when an item contradicts it. Pure.

jiangsu-2012 §15, jiangsu-2017 §4(3) §20, yixing-2016 §16, baoji-2017 §4(3) §25.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from shared.events.catalog import ItemType, Standard

if TYPE_CHECKING:
    from services.catalog.items import Item

CODE: Final = re.compile(r"[a-z][a-z0-9-]{0,63}", re.ASCII)
_SHIPPED: Final = Path(__file__).parent / "data" / "elements.toml"


class DataElement(BaseModel):
    """One element of the registry.

    `length` is the length of every value where there are `codes` or a `standard` with a check,
    and the most of it elsewhere. `codes` are the values that exist, each with its meaning.
    `source` is the standard that defines it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)

    code: str
    name: str
    definition: str
    source: str
    type: ItemType
    length: int | None = None
    scale: int | None = None
    standard: Standard = Standard.NONE
    codes: Mapping[str, str] | None = None

    @property
    def has_fixed_length(self) -> bool:
        """Whether every value is exactly as long."""
        return self.codes is not None or self.standard is not Standard.NONE

    def contradictions(self, item: "Item") -> Iterator[tuple[str, str]]:
        """What an item that names this element says against it: its field and a sentence."""
        at = f"The data element {self.name} ({self.source})"
        if item.type is not self.type:
            yield "type", f"{at} is of type {self.type}."
        elif self.length is not None and item.length is None:
            yield "length", f"{at} has the length {self.length}."
        elif self.length is not None and item.length is not None:
            if self.has_fixed_length and item.length != self.length:
                yield "length", f"{at} has exactly the length {self.length}."
            elif item.length > self.length:
                yield "length", f"{at} has at most the length {self.length}."
        if self.scale is not None and (item.scale or 0) > self.scale:
            yield "scale", f"{at} has at most {self.scale} decimal places."
        if self.standard is not Standard.NONE and item.standard is not self.standard:
            yield "standard", f"{at} is checked as {self.standard}."


@cache
def shipped() -> Mapping[str, DataElement]:
    """The elements of national standards that the platform brings along, by code."""
    told = tomllib.loads(_SHIPPED.read_text(encoding="utf-8"))
    return {code: DataElement.model_validate({"code": code, **e}) for code, e in told.items()}
