"""Keeps a folder up to date with a grant: first a snapshot, then what changed after it.

The state file is the commit: it moves past a sequence number only when every file of it lies whole
and durable in the folder. Whatever is cut off before that is done again, and costs little, since
files that are there are recognised and parts are continued.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from huitong_client import confirmations
from huitong_client.answers import Changes, Format, Snapshot
from huitong_client.downloads import Moved, RemoteFile
from huitong_client.errors import EpochChanged, LocalTrouble, NotUnderstood, Refused
from huitong_client.folder import Folder, PulledFile, State, held
from huitong_client.platform import Platform

Meters = Callable[[str], Moved]
"""Gives the meter of a file by its name."""

_SNAPSHOT = "snapshot"
_AHEAD = "sequence-ahead"
_NOT_KEPT = "history-not-kept"
_SNAPSHOT_STARTS = 3


class _Overtaken(Exception):
    """What was being fetched is served no more: newer data took its place."""


def follow(
    platform: Platform, grant: UUID, to: Path, *, form: Format | None, meters: Meters
) -> State:
    """Bring the folder up to date: a snapshot if it is new, what changed since then otherwise.

    Raises EpochChanged where changes no longer follow on what is there, LocalTrouble where the
    folder is in use or of another grant, and what the platform and the downloads raise.
    """
    with _pull(platform, grant, to, form, meters) as pull:
        state = pull.state
        return pull.snapshot() if state is None else pull.changes(pull.confirmed(state))


def begin(
    platform: Platform, grant: UUID, to: Path, *, form: Format | None, meters: Meters
) -> State:
    """Take a whole snapshot, also where there was one: the remedy for a changed epoch."""
    with _pull(platform, grant, to, form, meters) as pull:
        return pull.snapshot()


def follow_after(
    platform: Platform,
    grant: UUID,
    to: Path,
    sequence: int,
    *,
    form: Format | None,
    meters: Meters,
) -> State:
    """Bring what changed after `sequence`, for whoever holds everything up to it.

    A folder that came less far is refused: between it and `sequence` changes would be missing.
    """
    with _pull(platform, grant, to, form, meters) as pull:
        state = pull.state
        if state is not None and sequence > state.sequence:
            raise LocalTrouble("would-skip", after=sequence, sequence=state.sequence)
        if state is None:
            return pull.changes_without_state(sequence)
        return pull.changes(replace(state, sequence=sequence, files=_until(state, sequence)))


def _until(state: State, sequence: int) -> tuple[PulledFile, ...]:
    return tuple(file for file in state.files if file.sequence <= sequence)


@contextmanager
def _pull(
    platform: Platform, grant: UUID, to: Path, form: Format | None, meters: Meters
) -> "Iterator[_Pull]":
    with held(to) as folder:
        state = folder.state()
        if state is not None and state.grant != grant:
            raise LocalTrouble("folder-taken", path=to, grant=state.grant)
        if state is not None:
            # What a loader took away is done with; the list is of what waits to be loaded.
            waiting = tuple(file for file in state.files if (to / file.name).exists())
            state = replace(state, files=waiting)
        form = form or (state.format if state else Format.PARQUET)
        yield _Pull(platform, grant, folder, state, form, meters)
        folder.sweep()


class _Pull:
    """One pull into one held folder."""

    def __init__(
        self,
        platform: Platform,
        grant: UUID,
        folder: Folder,
        state: State | None,
        form: Format,
        meters: Meters,
    ) -> None:
        self.state = state
        self._platform = platform
        self._grant = grant
        self._folder = folder
        self._form = form
        self._meters = meters

    def snapshot(self) -> State:
        for _ in range(_SNAPSHOT_STARTS):
            try:
                return self._snapshot()
            except _Overtaken:
                continue
        raise LocalTrouble("overtaken")

    def _snapshot(self) -> State:
        manifest = self._ask_snapshot()

        def renewed(place: int) -> RemoteFile:
            again = self._ask_snapshot()
            if (again.sequence, again.epoch) != (manifest.sequence, manifest.epoch):
                raise _Overtaken
            return _at(again.files, place)

        files = self._bring(manifest.sequence, _SNAPSHOT, manifest.files, renewed)
        state = State(
            grant=self._grant,
            resource=manifest.resource,
            source=manifest.source,
            format=self._form,
            epoch=manifest.epoch,
            sequence=manifest.sequence,
            files=files,
        )
        if state.sequence:
            held = confirmations.holding(state.epoch, state.sequence, files)
            state = confirmations.added(state, held)
        self._folder.remember(state)
        return self.confirmed(state)

    def confirmed(self, state: State) -> State:
        """The state once the platform was told what is held. Raises EpochChanged."""
        return confirmations.hand_in(self._platform, self._folder, state)

    def changes_without_state(self, sequence: int) -> State:
        page = self._ask_changes(sequence)
        return self.changes(
            State(
                grant=self._grant,
                resource=page.resource,
                source=page.source,
                format=self._form,
                epoch=page.epoch,
                sequence=sequence,
                files=(),
            )
        )

    def changes(self, state: State) -> State:
        state, overtaken = replace(state, format=self._form), 0
        while True:
            page = self._next(state)
            asked_after = state.sequence
            state = replace(state, epoch=page.epoch, source=page.source)
            taken: list[PulledFile] = []
            try:
                for batch in page.batches:
                    if batch.sequence <= state.sequence:
                        raise NotUnderstood("sequence-unfit", sequence=batch.sequence)
                    pulled = self._fetch(state, batch.sequence, batch.files)
                    state = self._take(state, batch.sequence, pulled)
                    taken += pulled
            except _Overtaken:
                # Recalled while it was being fetched: what is there to take is asked anew.
                overtaken += 1
                if overtaken == _SNAPSHOT_STARTS:
                    raise LocalTrouble("overtaken") from None
                continue
            if page.to > state.sequence:
                # The last batches hold nothing that this grant shows.
                state = replace(state, sequence=page.to)
            if state.sequence > asked_after:
                held = confirmations.holding(page.epoch, state.sequence, taken)
                state = confirmations.added(state, held)
            self._folder.remember(state)
            state = self.confirmed(state)
            if not page.more:
                return state
            if state.sequence == asked_after:
                raise NotUnderstood("sequence-unfit", sequence=state.sequence)

    def _next(self, state: State) -> Changes:
        """The changes that follow on `state`. Raises EpochChanged where none can."""
        try:
            page = self._ask_changes(state.sequence)
        except Refused as refused:
            if refused.code == _AHEAD and self.state is not None:
                # What was pulled from there is no longer there: it was restored to before it.
                raise EpochChanged("sequence-lost", sequence=state.sequence) from refused
            if refused.code == _NOT_KEPT:
                raise EpochChanged("history-not-kept", sequence=state.sequence) from refused
            raise
        if page.epoch != state.epoch and state.sequence:
            raise EpochChanged("epoch-changed", held=state.epoch, now=page.epoch)
        return page

    def _take(self, state: State, sequence: int, pulled: tuple[PulledFile, ...]) -> State:
        state = replace(state, sequence=sequence, files=state.files + pulled)
        self._folder.remember(state)
        return state

    def _fetch(
        self, state: State, sequence: int, files: tuple[RemoteFile, ...]
    ) -> tuple[PulledFile, ...]:
        def renewed(place: int) -> RemoteFile:
            page = self._ask_changes(state.sequence)
            if page.epoch != state.epoch:
                raise EpochChanged("epoch-changed", held=state.epoch, now=page.epoch)
            for batch in page.batches:
                if batch.sequence == sequence:
                    return _at(batch.files, place)
            raise _Overtaken

        return self._bring(sequence, "changes", files, renewed)

    def _bring(
        self,
        sequence: int,
        mode: str,
        files: tuple[RemoteFile, ...],
        renewed: Callable[[int], RemoteFile],
    ) -> tuple[PulledFile, ...]:
        pulled = []
        for place, file in enumerate(files):
            # Named so that the alphabet is the order in which to load them.
            name = f"{sequence:012d}-{mode}-{place + 1:03d}.{self._form.suffix}"

            def renew(place: int = place) -> RemoteFile:
                return renewed(place)

            came = self._platform.downloads.fetch(
                file, self._folder.path / name, renew=renew, moved=self._meters(name)
            )
            pulled.append(
                PulledFile(
                    name=name,
                    sequence=sequence,
                    mode=mode,
                    size=came.size,
                    rows=came.rows,
                    digest=came.digest.hex(),
                )
            )
        return tuple(pulled)

    def _ask_snapshot(self) -> Snapshot:
        return self._platform.snapshot(self._grant, self._form)

    def _ask_changes(self, after: int) -> Changes:
        return self._platform.changes(self._grant, after, self._form)


def _at(files: tuple[RemoteFile, ...], place: int) -> RemoteFile:
    if place >= len(files):
        raise NotUnderstood("sequence-unfit", sequence=place)
    return files[place]
