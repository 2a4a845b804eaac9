"""What somebody is shown of the items of a resource that others collect too."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.models import ResourceVersion
from services.catalog.sources import queries, rulings
from services.catalog.sources.models import CollectionRuling, SecondaryItem
from services.catalog.sources.queries import Candidate
from services.catalog.versions import ResourceItem


@dataclass(frozen=True, slots=True)
class Repetition:
    """An item that others have too, what the authority ruled, and whether it is collected second.

    `demanded`: publication asks that it be settled; `settled`: it is.
    """

    item: ResourceItem
    candidates: tuple[Candidate, ...]
    ruling: CollectionRuling | None
    second: SecondaryItem | None
    demanded: bool
    settled: bool


async def repetitions(
    session: AsyncSession, version: ResourceVersion, *, binding: bool
) -> list[Repetition]:
    """The items of a version that others have too, in its order; its items must be loaded."""
    found: dict[int, list[Candidate]] = {}
    for candidate in await queries.candidates(session, version):
        found.setdefault(candidate.position, []).append(candidate)
    resource = version.resource
    repeated = await queries.repeated(session, version, resource.in_catalogue) if binding else set()
    second = await queries.secondary(session, resource.id)
    ruled_on = await rulings.on(session, version.items, resource.department.region)
    shown = []
    for item in version.items:
        if item.position not in found:
            continue
        ruling, stated = ruled_on.get(item.position), second.get(item.code)
        ruled = ruling is not None and ruling.settles(resource.provider)
        shown.append(
            Repetition(
                item=item,
                candidates=tuple(found[item.position]),
                ruling=ruling,
                second=stated,
                demanded=item.position in repeated,
                settled=ruled or stated is not None,
            )
        )
    return shown
