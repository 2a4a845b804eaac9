"""What can be done with mappings: write the next version of one."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.mappings import queries, rules
from services.catalog.mappings.models import MappingVersion
from services.catalog.mappings.schemas import MappingBody
from shared import clock
from shared.errors import Forbidden, PreconditionFailed
from shared.outbox import emit
from shared.principal import Principal


class MappingNotTheAuthority(Forbidden):
    """Mappings are kept by a competent authority: all departments import by them."""

    code = "mapping-not-the-authority"
    title = "Not the authority"


class MappingChanged(PreconditionFailed):
    """Somebody else wrote a version after the one that was read."""

    code = "mapping-changed"
    title = "Mapping changed"


async def write(
    session: AsyncSession, by: Principal, name: str, body: MappingBody, if_match: str | None
) -> tuple[MappingVersion, bool]:
    """Write the next version of the mapping, or its first; imports on the way keep theirs.

    What the one in force says already is not written again; False beside it. Raises
    MappingNotTheAuthority, MappingRefused and MappingChanged.
    """
    if by.authority is None:
        raise MappingNotTheAuthority("Mappings are kept by the competent authority.")
    rules.check(body.columns, body.values)
    latest = await queries.lock(session, name)
    if if_match is not None and if_match.strip() not in (
        "*",
        f'"{latest.number if latest else 0}"',
    ):
        raise MappingChanged("The mapping was changed meanwhile; read it again.")
    values = rules.settled(body.values)
    said = (body.product, body.columns, values)
    if latest is not None and said == (latest.product, latest.columns, latest.values):
        return latest, False
    version = MappingVersion(
        name=name,
        number=1 if latest is None else latest.number + 1,
        product=body.product,
        columns=body.columns,
        values=values,
        actor=by.actor,
        department=by.department,
        written_at=clock.now(),
    )
    session.add(version)
    emit(session, version.written(by))
    return version, True
