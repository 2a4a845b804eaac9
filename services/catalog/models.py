"""The tables of the catalogue, and the only methods that change a resource.

A resource is the thing with the code; what is said of it stands in its versions. The `latest`
version is the one being worked on, and `state` is its state; `published` is the version that is
in the catalogue, or was until the resource was withdrawn; it stays there untouched while a
later one is compiled.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.catalog import conditions, rules, sharing
from services.catalog.base import Base as Base
from services.catalog.departments import Department as Department
from services.catalog.entry import Entry, Surroundings
from services.catalog.search.changes import SearchChange as SearchChange
from services.catalog.steps import ResourceStep as ResourceStep
from services.catalog.versions import ResourceItem as ResourceItem
from services.catalog.versions import ResourceVersion as ResourceVersion
from services.catalog.workflow import Act, Action, Side, State, allow, move
from shared import db
from shared.events import catalog as said
from shared.events.catalog import Secrecy
from shared.principal import Principal


class CodeSequence(Base, kw_only=True):
    """The last sequence number given within one class of the code tree."""

    __tablename__ = "code_sequence"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT, UPDATE"}},)

    class_digits: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class Facts(TypedDict):
    """What every event of a resource says."""

    at: datetime
    actor: str
    department: UUID
    aggregate: UUID
    version: int
    access_id: UUID
    resource: UUID
    resource_version: int
    provider: UUID
    region: str
    rulebook: str
    rulebook_version: str


class Resource(Base, kw_only=True):
    """A resource: whose it is, its code, and where its latest version stands.

    `revision` counts every change. `published_name_key` is the name that is taken while the
    resource is in the catalogue, `scheduled` the version that will enter it on a later day.
    """

    __tablename__ = "resource"
    __table_args__ = (
        # What waits for somebody: short, however long the catalogue grows.
        Index(
            "ix_resource_waiting",
            "state",
            postgresql_where=text("state IN ('submitted', 'reviewed', 'cleared', 'scheduled')"),
        ),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    provider: Mapped[UUID] = mapped_column(ForeignKey("department.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(db.Timestamp)
    updated_at: Mapped[datetime] = mapped_column(db.Timestamp)
    code: Mapped[str | None] = mapped_column(unique=True, default=None)
    state: Mapped[State] = mapped_column(db.named(State), default=State.DRAFT)
    revision: Mapped[int] = mapped_column(default=1)
    latest: Mapped[int] = mapped_column(default=1)
    published: Mapped[int | None] = mapped_column(default=None)
    scheduled: Mapped[int | None] = mapped_column(default=None)
    published_name_key: Mapped[str | None] = mapped_column(Text, unique=True, default=None)

    department: Mapped[Department] = relationship(lazy="raise")

    @classmethod
    def begin(
        cls, identity: UUID, department: Department, entry: Entry, act: Act
    ) -> tuple[ResourceVersion, said.ResourceDrafted]:
        """The first draft of a new resource of `department`."""
        resource = cls(
            id=identity,
            provider=department.id,
            department=department,
            created_at=act.at,
            updated_at=act.at,
        )
        return resource._write(1, entry, act)

    def write(self, version: ResourceVersion, entry: Entry, act: Act) -> said.ResourceDrafted:
        """Let the draft `version` say what `entry` says."""
        self._take(Action.WRITE, version, act)
        version.state_as(entry)
        version.compiled_by(act.by.hands)
        return said.ResourceDrafted(**self.facts(act), name=version.name)

    def revise(
        self, version: ResourceVersion, entry: Entry, act: Act
    ) -> tuple[ResourceVersion, said.ResourceDrafted]:
        """Begin the version after `version`, which stays published and unchanged meanwhile."""
        self._take(Action.REVISE, version, act)
        self.latest += 1
        return self._write(self.latest, entry, act)

    def submit(
        self, version: ResourceVersion, around: Surroundings, act: Act
    ) -> said.ResourceSubmitted:
        """Hand the draft to the department's reviewer, when the rulebook finds nothing missing.

        Raises EntryRefused.
        """
        self._take(Action.SUBMIT, version, act)
        rules.check(version.entry, self.department.provider, act.rulebook, around)
        version.compiled_by(act.by.hands)
        return said.ResourceSubmitted(**self.facts(act))

    def pass_on(
        self, version: ResourceVersion, remarks: str | None, act: Act
    ) -> said.ResourceReviewed:
        """A second person of the department has reviewed it: on to the secrecy review."""
        self._take(Action.PASS, version, act)
        version.reviewed_by(act.by.hands)
        return said.ResourceReviewed(**self.facts(act), remarks=remarks)

    def clear(
        self, version: ResourceVersion, found: Collection[Secrecy], remarks: str | None, act: Act
    ) -> said.ResourceCleared:
        """A third person has reviewed it for secrets and found what it states: to the authority.

        Raises SecrecyDiffers where `found` is not what the entry says of itself.
        """
        self._take(Action.CLEAR, version, act)
        rules.check_secrecy(version.entry, found, act.rulebook)
        return said.ResourceCleared(
            **self.facts(act), found=sorted(set(found) - {Secrecy.NONE}), remarks=remarks
        )

    def object_to(self, version: ResourceVersion, remarks: str, act: Act) -> said.ResourceReturned:
        """The secrecy review sends the entry back to its compilers."""
        self._take(Action.OBJECT, version, act)
        return said.ResourceReturned(**self.facts(act), remarks=remarks)

    def give_back(self, version: ResourceVersion, remarks: str, act: Act) -> said.ResourceReturned:
        """Send the entry back to its compilers."""
        self._take(Action.RETURN, version, act)
        return said.ResourceReturned(**self.facts(act), remarks=remarks)

    def publish(
        self,
        version: ResourceVersion,
        around: Surroundings,
        code: str,
        remarks: str | None,
        act: Act,
    ) -> said.ResourcePublished:
        """Put the version into the catalogue, in the place of an earlier one.

        The rulebook is asked again, since it and the catalogue may have changed since the entry
        was submitted. A resource keeps the first `code` that it was given. Raises EntryRefused
        and RulingMissing.
        """
        self._take(Action.PUBLISH, version, act)
        self._admit(version, around, code, remarks, act)
        return self._enter(version, act)

    def schedule(
        self,
        version: ResourceVersion,
        around: Surroundings,
        code: str,
        remarks: str | None,
        act: Act,
    ) -> None:
        """Let the version enter the catalogue on a later day, whose rulebook is asked now.

        Raises EntryRefused and RulingMissing.
        """
        self._take(Action.SCHEDULE, version, act)
        self._admit(version, around, code, remarks, act)
        self.scheduled = version.number

    def unschedule(self, version: ResourceVersion, act: Act) -> None:
        """The version does not enter the catalogue: the authority decides again."""
        self._take(Action.CANCEL, version, act)
        self.scheduled = None

    def take_effect(self, version: ResourceVersion, act: Act) -> said.ResourcePublished:
        """The day has come for the scheduled version."""
        self.state = move(self.state, Action.TAKE_EFFECT).to
        self.changed(act)
        self.scheduled = None
        return self._enter(version, act)

    def _admit(
        self,
        version: ResourceVersion,
        around: Surroundings,
        code: str,
        remarks: str | None,
        act: Act,
    ) -> None:
        rules.check(version.entry, self.department.provider, act.rulebook, around)
        rules.check_ruling(version.entry, act.rulebook, remarks)
        self.code = self.code or code

    def _enter(self, version: ResourceVersion, act: Act) -> said.ResourcePublished:
        entry = version.entry
        self.published = version.number
        self.published_name_key = version.name_key
        version.share_type = sharing.share_type_of(entry, act.rulebook)
        version.published_at = act.at
        version.published_for = self.department.id
        version.published_for_name = self.department.name
        version.published_for_code = self.department.credit_code
        version.rulebook = act.rulebook.id
        version.rulebook_version = act.rulebook.version
        return self._published(version, act)

    def withdraw(
        self,
        version: ResourceVersion,
        remarks: str | None,
        successors: Sequence[said.NamedSuccessor],
        act: Act,
    ) -> said.ResourceWithdrawn:
        """Take the resource out of the catalogue, or give up a draft that never was in it."""
        self._take(Action.WITHDRAW, version, act)
        return self._withdrawn(remarks, successors, act)

    def announce_withdrawal(self, act: Act) -> None:
        """The resource will leave the catalogue on a later day; until then nothing changes."""
        state = State.DRAFT if self.in_catalogue is None else State.PUBLISHED
        allow(state, Action.ANNOUNCE_WITHDRAWAL, act, sides=self.sides(act.by), compilers=())
        self.changed(act)

    def leave(
        self, remarks: str | None, successors: Sequence[said.NamedSuccessor], act: Act
    ) -> said.ResourceWithdrawn:
        """The announced day has come: the resource leaves, whatever is being worked on."""
        self.state = State.WITHDRAWN
        self.changed(act)
        return self._withdrawn(remarks, successors, act)

    def _withdrawn(
        self, remarks: str | None, successors: Sequence[said.NamedSuccessor], act: Act
    ) -> said.ResourceWithdrawn:
        self.published_name_key = self.scheduled = None
        return said.ResourceWithdrawn(
            **self.facts(act),
            published=self.published,
            remarks=remarks,
            successors=list(successors),
        )

    @property
    def in_catalogue(self) -> int | None:
        """The number of the version in the catalogue now."""
        return None if self.state is State.WITHDRAWN else self.published

    def state_of(self, version: ResourceVersion) -> State:
        """Where one of the resource's versions stands."""
        if version.number == self.latest:
            return self.state
        if version.number != self.published:
            return State.SUPERSEDED
        return State.WITHDRAWN if self.state is State.WITHDRAWN else State.PUBLISHED

    def sides(self, by: Principal) -> frozenset[Side]:
        """For whom `by` speaks towards this resource."""
        found = set()
        if by.department == self.provider:
            found.add(Side.PROVIDER)
        if by.oversees(self.department.region):
            found.add(Side.AUTHORITY)
        return frozenset(found)

    def _write(
        self, number: int, entry: Entry, act: Act
    ) -> tuple[ResourceVersion, said.ResourceDrafted]:
        version = ResourceVersion(resource=self, number=number, started_at=act.at)
        version.state_as(entry)
        version.compiled_by(act.by.hands)
        return version, said.ResourceDrafted(**self.facts(act), name=version.name)

    def _take(self, action: Action, version: ResourceVersion, act: Act) -> None:
        # The version that the caller sees: for the authority the published one, while the
        # department works on the next.
        self.state = allow(
            self.state_of(version),
            action,
            act,
            sides=self.sides(act.by),
            compilers=version.compilers,
            reviewers=version.reviewers,
        )
        self.changed(act)

    def changed(self, act: Act) -> None:
        """Count a change, so that what was read before is known to be old."""
        self.revision += 1
        self.updated_at = act.at

    def _published(self, version: ResourceVersion, act: Act) -> said.ResourcePublished:
        # The rules let nothing pass without these; the types do not know that.
        whole, cycle = version.share_type, version.update_cycle
        if whole is None or cycle is None or self.code is None:
            raise TypeError("a published entry states its share type and its update cycle")
        condition = version.share_condition
        return said.ResourcePublished(
            **self.facts(act),
            code=self.code,
            name=version.name,
            share_type=whole,
            share_condition=None if conditions.is_empty(condition) else condition,
            share_methods=version.share_methods,
            grade=version.grade,
            update_cycle=cycle,
            items=[
                said.PublishedItem(
                    code=item.code,
                    name=item.name,
                    type=item.type,
                    length=item.length,
                    scale=item.scale,
                    key=item.key,
                    required=item.required,
                    secrecy=item.secrecy,
                    share_type=item.share_type or whole,
                    standard=item.standard,
                    element=item.element,
                )
                for item in version.items
            ],
        )

    def facts(self, act: Act) -> Facts:
        """What every event of the resource says of what was just done."""
        return Facts(
            at=act.at,
            actor=act.by.actor,
            department=act.by.department,
            aggregate=self.id,
            version=self.revision,
            access_id=act.by.access_id,
            resource=self.id,
            resource_version=self.latest,
            provider=self.provider,
            region=self.department.region,
            rulebook=act.rulebook.id,
            rulebook_version=act.rulebook.version,
        )
