"""Every SELECT of audit. `visible_to` is the one rule of who may see which entry."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, and_, any_, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.audit import tree
from services.audit.models import (
    KnownDepartment,
    KnownGrant,
    KnownHeir,
    KnownResource,
    LogEntry,
    MissingRange,
    Seen,
    SignedCheckpoint,
    Source,
    TreeNode,
)
from services.audit.parties import Holding, Parties
from services.audit.schemas import Wanted
from services.audit.sequences import Gap, Sequences
from services.audit.tree import Digest, Node
from shared.access import Principal
from shared.errors import NotFound
from shared.pages import PageParams, page


def sees_all(viewer: Principal, installation: str) -> bool:
    """Whether the viewer speaks for the competent authority of the installation's own region."""
    return viewer.authority is not None and viewer.authority.rpartition("/")[2] == installation


@dataclass(frozen=True, slots=True)
class Followed:
    """Departments that the viewer's followed: as a whole, or for what was named one by one."""

    whole: tuple[UUID, ...] = ()
    part: tuple[UUID, ...] = ()


async def followed_by(session: AsyncSession, viewer: Principal) -> Followed:
    """Those that the viewer's department followed, directly or through others."""
    rows = await session.scalars(select(KnownHeir).where(KnownHeir.successor == viewer.department))
    found = rows.all()
    return Followed(
        tuple(row.predecessor for row in found if row.whole),
        tuple(row.predecessor for row in found if not row.whole),
    )


def visible_to(
    viewer: Principal, installation: str, followed: Followed = Followed()
) -> Select[LogEntry]:
    """The entries that the viewer may see (jiangsu-2012 §32, baoji-2017 §21).

    The competent authority of the installation's own region (`installation`, a GB/T 2260 code)
    sees the whole log, that of a region below it what its departments did or what concerns
    theirs; any other department what it did itself, and what concerns its resources and grants.
    Whoever followed a department as a whole sees what that one saw; who took over some of its
    resources and grants, what concerns those.
    """
    every = select(LogEntry)
    if viewer.authority is None:
        return every.where(_concerns(viewer, followed))
    if sees_all(viewer, installation):
        return every
    region = KnownDepartment.region
    theirs = select(KnownDepartment.department).where(
        or_(region == viewer.authority, region.startswith(viewer.authority + "/", autoescape=True))
    )
    return every.where(
        or_(
            _concerns(viewer, followed),
            LogEntry.department.in_(theirs),
            LogEntry.provider.in_(theirs),
            LogEntry.grantee.in_(theirs),
        )
    )


async def entries(
    session: AsyncSession,
    viewer: Principal,
    installation: str,
    wanted: Wanted,
    params: PageParams,
) -> tuple[list[LogEntry], str | None]:
    """One page of the visible entries that answer the question, newest first."""
    statement = visible_to(viewer, installation, await followed_by(session, viewer))
    for column, value in (
        (LogEntry.resource, wanted.resource),
        (LogEntry.grant, wanted.grant),
        (LogEntry.department, wanted.department),
        (LogEntry.access_id, wanted.access_id),
        (LogEntry.subject, wanted.subject),
        (LogEntry.kind, wanted.kind),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.since is not None:
        statement = statement.where(LogEntry.time >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(LogEntry.time < wanted.until)
    return await page(session, statement, [LogEntry.index], params, descending=True)


async def entry(
    session: AsyncSession, viewer: Principal, installation: str, index: int
) -> LogEntry:
    """The entry at `index`. Raises NotFound also where the viewer may not see it."""
    visible = visible_to(viewer, installation, await followed_by(session, viewer))
    found = await session.scalar(visible.where(LogEntry.index == index))
    if found is None:
        raise NotFound(f"There is no entry {index} that is yours to see.")
    return found


async def latest(session: AsyncSession) -> SignedCheckpoint | None:
    """The newest checkpoint; None while the log is empty."""
    statement = select(SignedCheckpoint).order_by(SignedCheckpoint.size.desc()).limit(1)
    found: SignedCheckpoint | None = await session.scalar(statement)
    return found


async def kept(session: AsyncSession, needed: Iterable[Node]) -> dict[Node, bytes]:
    """The hashes of these kept nodes, leaves included."""
    found: dict[Node, bytes] = {}
    wanted = set(needed)
    leaves = [node.position for node in wanted if node.level == 0]
    if leaves:
        rows = select(LogEntry.index, LogEntry.leaf).where(LogEntry.index.in_(leaves))
        for index, leaf in await session.execute(rows):
            found[Node(0, index)] = leaf
    above = [tuple(node) for node in wanted if node.level > 0]
    if above:
        place = tuple_(TreeNode.level, TreeNode.position)
        nodes = select(TreeNode.level, TreeNode.position, TreeNode.hash).where(place.in_(above))
        for level, position, hash_ in await session.execute(nodes):
            found[Node(level, position)] = hash_
    return found


async def edge(session: AsyncSession, digest: Digest, size: int) -> list[bytes]:
    """The hashes of the edge of the tree at `size` (tree.py). Raises KeyError where one is gone."""
    nodes = tree.edge_of(size)
    held = await kept(session, [below for node in nodes for below in tree.kept_below(node)])
    return [tree.hash_of(digest, node, held) for node in nodes]


async def proof(session: AsyncSession, digest: Digest, runs: Sequence[range]) -> list[bytes]:
    """The proof for runs from `tree.inclusion` or `tree.consistency`."""
    return tree.prove(digest, runs, await kept(session, tree.needed(runs)))


async def seen(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    """Those of the ids that have an entry already."""
    return set(await session.scalars(select(Seen.id).where(_among(Seen.id, ids))))


async def parties(session: AsyncSession, resources: set[UUID], grants: set[UUID]) -> Parties:
    """What is known of these resources and grants."""
    known = Parties()
    for resource in await session.scalars(
        select(KnownResource).where(_among(KnownResource.resource, resources))
    ):
        known.resources[resource.resource] = resource.provider
    for grant in await session.scalars(select(KnownGrant).where(_among(KnownGrant.grant, grants))):
        known.grants[grant.grant] = Holding(grant.resource, grant.provider, grant.grantee)
    return known


async def sources(
    session: AsyncSession, names: Iterable[str] | None = None
) -> dict[str, Sequences]:
    """How far these sources, or all, have been heard, and what of them is missing."""
    statement = select(Source).order_by(Source.name)
    gaps = select(MissingRange).order_by(MissingRange.source, MissingRange.first)
    if names is not None:
        statement = statement.where(Source.name.in_(names))
        gaps = gaps.where(MissingRange.source.in_(names))
    found = {
        source.name: Sequences(source.highest, source.arrived, source.repeated)
        for source in await session.scalars(statement)
    }
    for gap in await session.scalars(gaps):
        found[gap.source].gaps.append(Gap(gap.first, gap.last, gap.noticed))
    return found


def _concerns(viewer: Principal, followed: Followed) -> ColumnElement[bool]:
    # Plain values, never a subquery: each side of the OR can then use its index.
    mine = [viewer.department, *followed.whole]
    found: list[ColumnElement[bool]] = [
        LogEntry.department.in_(mine),
        LogEntry.provider.in_(mine),
        LogEntry.grantee.in_(mine),
    ]
    if followed.part:
        resources = select(KnownResource.resource).where(
            KnownResource.provider == viewer.department
        )
        grants = select(KnownGrant.grant).where(KnownGrant.grantee == viewer.department)
        found += [
            and_(LogEntry.provider.in_(followed.part), LogEntry.resource.in_(resources)),
            and_(LogEntry.grantee.in_(followed.part), LogEntry.grant.in_(grants)),
        ]
    return or_(*found)


def _among(
    column: ColumnElement[UUID] | InstrumentedAttribute[UUID], ids: Iterable[UUID]
) -> ColumnElement[bool]:
    """`column` is one of `ids`, as one array however many they are."""
    return column == any_(literal(list(ids), ARRAY(Uuid())))
