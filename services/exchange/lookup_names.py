"""How lookup tables and their columns are called."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.exchange.tables.items import Item, ItemType

SCHEMA = "lookup"
# Columns of all other items are text.
SQL_TYPES = {
    ItemType.NUMERIC: "numeric",
    ItemType.CURRENCY: "numeric",
    ItemType.DATE: "date",
    ItemType.DATETIME: "timestamp",
    ItemType.LOGICAL: "boolean",
    ItemType.DOUBLE: "double precision",
    ItemType.FLOAT: "double precision",
    ItemType.INTEGER: "bigint",
}
KEY, FLAGGED, STALENESS = '"$key"', '"$flags"', '"$stale"'


@dataclass(frozen=True, slots=True)
class LookupTable:
    """One lookup table: its name, and the items in the order of its columns."""

    name: str
    items: Sequence[Item]

    @classmethod
    def named(cls, resource: UUID, epoch: int, items: Sequence[Item]) -> "LookupTable":
        """The table of a resource in one epoch."""
        return cls(f"r{resource.hex}_{epoch}", items)

    @property
    def qualified(self) -> str:
        """The name as SQL has it."""
        return f"{SCHEMA}.{quoted(self.name)}"

    @property
    def keys(self) -> list[str]:
        """The key items."""
        return [item.code for item in self.items if item.key]


def quoted(name: str) -> str:
    """A name as SQL takes any name."""
    return '"' + name.replace('"', '""') + '"'
