"""How a grant is named as a table: share and schema are for reading, the table is the grant.

The share is the providing department's name and the schema the resource's, as they are now;
names change, and two may look the same. The table's name is the grant's id: a resource may be
granted twice, for two purposes, and a job that runs every night outlives a new name. So only
lists go by shares and schemas; a table is found by its grant alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

# An encoded name is three times as long, and an address of the gateway holds 512 characters.
_MOST_BYTES = 60
_NAMELESS = "_"


@dataclass(frozen=True, slots=True, order=True)
class Table:
    """A grant as Delta Sharing names it."""

    share: str
    schema: str
    grant: UUID


def label(name: str | None) -> str:
    """A name as a share or schema: letters and digits of any script, `_` for all else.

    A dot would end the name in the client's `share.schema.table`, a slash in an address.
    """
    plain = "".join(c if c.isalnum() or c in "-_" else "_" for c in name or "")
    return plain.encode()[:_MOST_BYTES].decode(errors="ignore") or _NAMELESS


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of names, and the name after which the next page begins, None at the end."""

    names: Sequence[str]
    after: str | None


def listed(names: Sequence[str], after: str | None, most: int) -> Listed:
    """The names behind `after`, each once and in order, at most so many."""
    left = sorted({name for name in names if after is None or name > after})
    page = left[:most]
    if len(left) <= most:
        return Listed(page, None)
    return Listed(page, page[-1] if page else after or "")
