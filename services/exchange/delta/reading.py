"""What a table holds: its version, its files, and what changed between two versions.

Files come from the same counter, and so from the same cuts, as every other way out.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.exchange import history, queries
from services.exchange.delta import protocol
from services.exchange.delta.protocol import Json
from services.exchange.history import VersionUnknown
from services.exchange.manifests import Counter
from services.exchange.models import Form
from shared import clock
from shared.db import Sessions
from shared.errors import BadRequest
from shared.principal import Principal

# The off-the-shelf client reads no pages of changes: the whole answer is one, and bounded.
_MOST_FILES = 2000


class ChangesUnbounded(BadRequest):
    """Changes are asked for without a beginning, or more of them than one answer holds."""

    code = "changes-unbounded"
    title = "Changes unbounded"


@dataclass(frozen=True, slots=True)
class Answer:
    """The version that an answer is of, and its lines."""

    version: int
    lines: bytes


@dataclass(frozen=True, slots=True)
class Between:
    """Which changes are asked for: versions or moments, both ends included."""

    starting_version: int | None
    starting_at: datetime | None
    ending_version: int | None
    ending_at: datetime | None


class Tables:
    """Grants read as tables."""

    def __init__(self, sessions: Sessions, counter: Counter) -> None:
        self._sessions = sessions
        self._counter = counter

    async def version(self, by: Principal, grant: UUID, since: datetime | None) -> int:
        """The newest version, or the first that was published at a moment or later.

        Raises NotFound, VersionUnknown.
        """
        async with self._sessions() as session:
            found = await queries.granted(session, grant, by, clock.now())
            resource = await queries.resource(session, found.resource_id)
            if since is None:
                return resource.sequence if resource else 0
            first = await history.first_since(session, resource, since)
        if first is None:
            raise VersionUnknown("Nothing was published since then.")
        return first

    async def metadata(self, by: Principal, grant: UUID) -> Answer:
        """What the table is. Raises NotFound."""
        manifest = await self._counter.described(by, grant)
        return Answer(manifest.to, protocol.lines(protocol.head(manifest)))

    async def query(self, by: Principal, grant: UUID, asked: int | datetime | None) -> Answer:
        """The files that hold all rows of the newest version, or of the one asked for.

        Raises NotFound, VersionUnknown, VersionRecalled, ViewInTheMaking.
        """
        manifest = await self._counter.snapshot(by, grant, Form.PARQUET, marks=False, asked=asked)
        told = [*protocol.head(manifest), *protocol.files(manifest)]
        return Answer(manifest.to, protocol.lines(told))

    async def changes(self, by: Principal, grant: UUID, between: Between) -> Answer:
        """The files that hold what changed, version by version.

        Raises NotFound, VersionUnknown, ChangesUnbounded, ViewInTheMaking.
        """
        after, upto = await self._span(by, grant, between)
        found: list[Json] = []
        epoch: int | None = None
        while True:
            manifest = await self._counter.changes(
                by, grant, after, Form.PARQUET, marks=False, upto=upto
            )
            if epoch not in (None, manifest.epoch):
                raise VersionUnknown("The data began anew meanwhile; load the whole table.")
            epoch = manifest.epoch
            found += protocol.changes(manifest)
            if len(found) > _MOST_FILES:
                raise ChangesUnbounded(
                    f"These changes are more than {_MOST_FILES} files; ask for fewer versions "
                    f"at once with endingVersion (up to {after} fits)."
                )
            after = manifest.to
            if not manifest.more or (upto is not None and after >= upto):
                return Answer(after, protocol.lines([*protocol.head(manifest), *found]))

    async def _span(self, by: Principal, grant: UUID, between: Between) -> tuple[int, int | None]:
        """After which sequence, and up to which, changes are asked for."""
        async with self._sessions() as session:
            found = await queries.granted(session, grant, by, clock.now())
            resource = await queries.resource(session, found.resource_id)
            known = await history.history(session, resource)
            first, last = between.starting_version, between.ending_version
            if first is None and between.starting_at is not None:
                first = await history.first_since(session, resource, between.starting_at)
                first = known.newest + 1 if first is None else first
            if last is None and between.ending_at is not None:
                last = await history.last_until(session, resource, between.ending_at) or 0
        if first is None:
            raise ChangesUnbounded("Say from where: startingVersion or startingTimestamp.")
        if between.ending_version is not None and between.ending_version < first:
            raise VersionUnknown("endingVersion is before where the changes start.")
        # The version behind the newest holds nothing yet: who asks for it is up to date.
        if first > known.newest + 1:
            raise VersionUnknown(f"The newest version is {known.newest}.")
        if known.first > 1 and first <= known.newest:
            known.require(first)
        return max(first - 1, 0), last
