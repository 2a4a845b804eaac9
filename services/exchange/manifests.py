"""What a grantee is told: which files hold the snapshot, or what changed, and their addresses."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import addresses, history, queries
from services.exchange.addresses import FileAddress
from services.exchange.models import Address, Batch, Cut, CutKind, Form, Grant, Resource, View
from services.exchange.narrowing.conditions import clear, terms
from services.exchange.receipts.usecases import HandedOut, hand_out
from services.exchange.settings import ExchangeSettings
from services.exchange.tables.items import Item
from services.exchange.vault import Vault
from shared import clock
from shared.crypto import Suite
from shared.db import Sessions
from shared.errors import BadRequest, Unavailable
from shared.ids import new_id
from shared.narrowing import Narrowing
from shared.principal import Principal

_PAGE = 100
_PATIENCE = 25.0


class ViewInTheMaking(Unavailable):
    """Nobody asked for this before: the files are being cut. The next answer is quick."""

    code = "view-in-the-making"
    title = "View in the making"


class SequenceAhead(BadRequest):
    """The caller claims to hold a sequence number that was not published yet."""

    code = "sequence-ahead"
    title = "Sequence ahead"


@dataclass(frozen=True, slots=True)
class Addressed:
    """A file and the address that it was given."""

    url: str
    address: FileAddress
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """Files under a grant, cut by cut; `batches` is empty for a snapshot."""

    grant: Grant
    resource: Resource | None
    department_name: str | None
    columns: Sequence[Item]
    after: int
    to: int
    more: bool
    batches: Sequence[Batch]
    cuts: Sequence[tuple[Cut, Sequence[Addressed]]]
    # When the newest of this data was handed in.
    data_at: datetime | None

    def digest(self, suite: Suite) -> bytes:
        """Over the digests of all its files, in order: what a receipt confirms."""
        return digest_of(suite, [cut for cut, _ in self.cuts])

    @property
    def epoch(self) -> int:
        """The epoch that the numbers are of; 1 before anything is published."""
        return self.resource.epoch if self.resource else 1

    @property
    def pseudonymous(self) -> bool:
        """Whether a key item is not granted or masked, so that a pseudonym stands beside."""
        shape = (self.resource.shape or self.resource.items) if self.resource else []
        shown = clear(self.grant.items, self.grant.narrowing)
        return any(item.key and item.code not in shown for item in shape)


class Counter:
    """Where manifests are asked for."""

    def __init__(self, sessions: Sessions, settings: ExchangeSettings, vault: Vault) -> None:
        self._sessions = sessions
        self._settings = settings
        self._vault = vault

    async def snapshot(
        self,
        by: Principal,
        grant_id: UUID,
        form: Form,
        *,
        marks: bool,
        asked: int | datetime | None = None,
    ) -> Manifest:
        """All rows under the grant as of a sequence or moment, without either as of now.

        Raises NotFound, VersionUnknown, VersionRecalled, ViewInTheMaking.
        """
        at = clock.now()
        async with self._sessions.begin() as session:
            grant = await queries.granted(session, grant_id, by, at)
            resource = await queries.resource(session, grant.resource_id)
            sequence = await history.sequence_at(session, resource, asked)
            data_at = await history.data_at(session, resource, sequence) if resource else None
            wanted = [sequence] if sequence else []
            view = await self._view(session, grant, resource, wanted, marks=marks)
            await self._want(session, view, resource, wanted, CutKind.SNAPSHOT, form, at)
        cuts = await self._made(resource, view, wanted, CutKind.SNAPSHOT, form)
        told = _Told(grant, resource, sequence, sequence, [], CutKind.SNAPSHOT, data_at)
        return await self._manifest(by, told, cuts)

    async def described(self, by: Principal, grant_id: UUID) -> Manifest:
        """What stands under the grant now, without any file. Raises NotFound."""
        async with self._sessions() as session:
            grant = await queries.granted(session, grant_id, by, clock.now())
            resource = await queries.resource(session, grant.resource_id)
            name = await queries.department_name(session, grant.provider)
        sequence = resource.sequence if resource else 0
        return Manifest(
            grant=grant,
            resource=resource,
            department_name=name,
            columns=granted_columns(grant, resource) if resource else [],
            after=sequence,
            to=sequence,
            more=False,
            batches=[],
            cuts=[],
            data_at=resource.data_at if resource else None,
        )

    async def changes(
        self,
        by: Principal,
        grant_id: UUID,
        after: int,
        form: Form,
        *,
        marks: bool,
        upto: int | None = None,
    ) -> Manifest:
        """What changed after a sequence number, up to another where one is given, at most a
        hundred batches at once.

        Raises NotFound, SequenceAhead, HistoryNotKept, ViewInTheMaking.
        """
        at = clock.now()
        async with self._sessions.begin() as session:
            grant = await queries.granted(session, grant_id, by, at)
            resource = await queries.resource(session, grant.resource_id)
            standing = resource.sequence if resource else 0
            if after > standing:
                raise SequenceAhead(f"The newest sequence number is {standing}.")
            history.require_changes(resource, after)
            batches: Sequence[Batch] = []
            if resource is not None:
                batches = await queries.published_after(
                    session, resource.id, resource.epoch, after, _PAGE
                )
            if upto is not None and upto < standing:
                standing = upto
                batches = [b for b in batches if b.sequence is not None and b.sequence <= upto]
            wanted = [batch.sequence for batch in batches if batch.sequence is not None]
            view = await self._view(session, grant, resource, wanted, marks=marks)
            await self._want(session, view, resource, wanted, CutKind.CHANGES, form, at)
        to = wanted[-1] if len(wanted) == _PAGE else standing
        cuts = await self._made(resource, view, wanted, CutKind.CHANGES, form)
        data_at = resource.data_at if resource else None
        told = _Told(grant, resource, after, to, batches, CutKind.CHANGES, data_at)
        return await self._manifest(by, told, cuts)

    async def _want(
        self,
        session: AsyncSession,
        view: View | None,
        resource: Resource | None,
        sequences: Sequence[int],
        kind: CutKind,
        form: Form,
        at: datetime,
    ) -> None:
        """A wanted cut of the view for every sequence that has none yet."""
        if view is None or resource is None:
            return
        rows = [
            {
                "id": new_id(),
                "view_id": view.id,
                "epoch": resource.epoch,
                "sequence": sequence,
                "kind": kind,
                "form": form,
                "wanted_at": at,
            }
            for sequence in sequences
        ]
        await session.execute(insert(Cut).values(rows).on_conflict_do_nothing())

    async def _view(
        self,
        session: AsyncSession,
        grant: Grant,
        resource: Resource | None,
        sequences: Sequence[int],
        *,
        marks: bool,
    ) -> View | None:
        """The grant's view, made where it is new; None while nothing is published."""
        if resource is None or not sequences:
            return None
        # Whoever asks is told where the row condition says nothing of the data any more.
        terms(grant.narrowing, resource.shape or [])
        columns = granted_columns(grant, resource)
        items = sorted(item.code for item in columns)
        keys = {item.code for item in resource.shape or [] if item.key}
        # Pseudonyms are a grant's own; all other grants of the same items and terms share files.
        alone = None if keys.issubset(clear(items, grant.narrowing)) else grant.id
        narrowed = self._digest(grant.narrowing)
        identity = (session, resource.id, items, alone)
        found = await queries.view_of(*identity, marks=marks, narrowed=narrowed)
        if found is not None:
            return found
        _, wrapped = self._vault.fresh_key()
        fresh = {
            "id": new_id(),
            "resource_id": resource.id,
            "items": items,
            "marks": marks,
            "grant_id": alone,
            "wrapped": wrapped,
            "narrowing": grant.narrowing,
            "narrowed": narrowed,
        }
        await session.execute(insert(View).values(fresh).on_conflict_do_nothing())
        made = await queries.view_of(*identity, marks=marks, narrowed=narrowed)
        if made is None:
            raise LookupError("a view that was just made is gone")
        return made

    def _digest(self, narrowing: Narrowing | None) -> str:
        """What tells views of the same items apart; empty where nothing is narrowed."""
        kept = narrowing.kept() if narrowing else None
        return "" if kept is None else self._vault.suite.digest(kept.encode()).hex()

    async def _manifest(self, by: Principal, told: "_Told", cuts: Sequence[Cut]) -> Manifest:
        at = clock.now()
        async with self._sessions.begin() as session:
            # Asked again: the wait may have been long, and a grant may have ended meanwhile.
            grant = await queries.granted(session, told.grant.id, by, at)
            name = await queries.department_name(session, grant.provider)
            files = [(cut, self._addressed(session, by, grant, cut, at)) for cut in cuts]
            await self._put_down(session, by, told, cuts, at)
        resource = told.resource
        return Manifest(
            grant=grant,
            resource=resource,
            department_name=name,
            columns=granted_columns(grant, resource) if resource else [],
            after=told.after,
            to=told.to,
            more=resource is not None and told.to < resource.sequence,
            batches=told.batches,
            cuts=files,
            data_at=told.data_at,
        )

    async def _put_down(
        self,
        session: AsyncSession,
        by: Principal,
        told: "_Told",
        cuts: Sequence[Cut],
        at: datetime,
    ) -> None:
        """That all this is handed out, for the holder's receipt and for both sides to see."""
        if told.resource is None or not told.to:
            return
        what = HandedOut(
            kind=told.kind,
            epoch=told.resource.epoch,
            after=told.after,
            sequence=told.to,
            digest=digest_of(self._vault.suite, cuts),
            rows=sum(file.rows for cut in cuts for file in cut.files or []),
        )
        await hand_out(session, by, told.grant, what, at)

    async def _made(
        self,
        resource: Resource | None,
        view: View | None,
        sequences: Sequence[int],
        kind: CutKind,
        form: Form,
    ) -> Sequence[Cut]:
        """The cuts, as soon as the worker has made them all. Raises ViewInTheMaking."""
        if resource is None or view is None:
            return []
        epoch = resource.epoch
        pause = 0.02
        try:
            async with asyncio.timeout(_PATIENCE):
                while True:
                    async with self._sessions() as session:
                        cuts = await queries.cuts(session, view.id, epoch, sequences, kind, form)
                    if len(cuts) == len(sequences) and all(c.files is not None for c in cuts):
                        return cuts
                    await asyncio.sleep(pause)
                    pause = min(pause * 1.5, 0.5)
        except TimeoutError:
            raise ViewInTheMaking(
                "The files of this view are being made; ask again soon.", retry_after=2
            ) from None

    def _addressed(
        self, session: AsyncSession, by: Principal, grant: Grant, cut: Cut, at: datetime
    ) -> Sequence[Addressed]:
        """A fresh address for every file of a cut, on record before it is told."""
        expires = at + self._settings.address_life
        if grant.valid_until is not None:
            expires = min(expires, grant.valid_until)
        found = []
        for file in cut.files or []:
            row = Address(
                grant_id=grant.id,
                cut_id=cut.id,
                digest=file.digest,
                issued_at=at,
                expires_at=expires,
                access_id=by.access_id,
            )
            session.add(row)
            address = FileAddress(
                id=row.id,
                grant=grant.id,
                holder=by.id,
                view=cut.view_id,
                digest=bytes.fromhex(file.digest),
                size=file.size,
                form=cut.form,
                kind=cut.kind,
                epoch=cut.epoch,
                sequence=cut.sequence,
                expires_at=expires,
            )
            token = addresses.seal(address, self._settings.door, self._vault.suite)
            url = f"{self._settings.door_url.rstrip('/')}/files/{token}"
            found.append(Addressed(url, address, file.rows))
        return found


@dataclass(frozen=True, slots=True)
class _Told:
    """What a manifest is about, while its files are waited for."""

    grant: Grant
    resource: Resource | None
    after: int
    to: int
    batches: Sequence[Batch]
    kind: CutKind
    data_at: datetime | None


def digest_of(suite: Suite, cuts: Sequence[Cut]) -> bytes:
    """Over the digests of the files of these cuts, as bytes one after another."""
    digests = (bytes.fromhex(file.digest) for cut in cuts for file in cut.files or [])
    return suite.digest(b"".join(digests))


def granted_columns(grant: Grant, resource: Resource) -> list[Item]:
    """The granted items that the published rows have, in the catalogue's order."""
    return [item for item in resource.shape or resource.items if item.code in set(grant.items)]
