"""What the catalog service tells of who collects which datum."""

from typing import ClassVar
from uuid import UUID

from shared.events import Event


class CollectionRuled(Event):
    """An authority ruled who leads in collecting a datum in its region; the ruling is new.

    `datum` is the code of a data element or the folded name of an item, as `by` says.
    """

    subject: ClassVar[str] = "catalog.collection-ruled.v1"

    by: str
    datum: str
    region: str
    lead: UUID
    permitted: list[UUID]
    rulebook: str
    rulebook_version: str


class SecondaryCollectionStated(Event):
    """A provider collects these items of its resource second; another department leads."""

    subject: ClassVar[str] = "catalog.secondary-collection-stated.v1"

    resource: UUID
    provider: UUID
    items: list[str]
    rulebook: str
    rulebook_version: str
