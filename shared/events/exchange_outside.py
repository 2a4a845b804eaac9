"""What exchange tells of exchange that does not go over the platform."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class OutsideEvent(Event):
    """Something about an exchange outside the platform (the aggregate); `owner` stated it."""

    exchange: UUID
    owner: UUID


class OffPlatformFiled(OutsideEvent):
    """A department filed an exchange that, for a special reason, does not go over the platform."""

    subject: ClassVar[str] = "exchange.off-platform-filed.v1"

    name: str
    reason: str
    partners: list[UUID]
    due_on: date
    rulebook: str
    rulebook_version: str


class OffPlatformAmended(OutsideEvent):
    """The department states it otherwise; the authority has to look at it again."""

    subject: ClassVar[str] = "exchange.off-platform-amended.v1"

    name: str
    reason: str
    partners: list[UUID]


class OffPlatformRecorded(OutsideEvent):
    """The competent authority took the filing on record."""

    subject: ClassVar[str] = "exchange.off-platform-recorded.v1"


class OffPlatformReturned(OutsideEvent):
    """The competent authority sent the filing back, with what has to be changed."""

    subject: ClassVar[str] = "exchange.off-platform-returned.v1"

    remarks: str


class OffPlatformEnded(OutsideEvent):
    """The exchange came to its end; its last statistics stay due."""

    subject: ClassVar[str] = "exchange.off-platform-ended.v1"

    ended_on: date
    reason: str


class StatisticsReported(OutsideEvent):
    """The statistics of one period, `period` its first month: how often, and how many rows.

    `corrected` says that they replace what was reported before.
    """

    subject: ClassVar[str] = "exchange.off-platform-reported.v1"

    period: str
    times: int
    rows: int
    due_on: date
    late: bool
    corrected: bool


class StatisticsReminded(OutsideEvent):
    """The last day of the statistics is near; said once for each period."""

    subject: ClassVar[str] = "exchange.off-platform-reminded.v1"

    period: str
    due_on: date


class StatisticsOverdue(OutsideEvent):
    """The last day of the statistics has passed; said once for each period."""

    subject: ClassVar[str] = "exchange.off-platform-overdue.v1"

    period: str
    due_on: date


class OlderExchangeRegistered(OutsideEvent):
    """A department registered an exchange that was there before the platform."""

    subject: ClassVar[str] = "exchange.older-exchange-registered.v1"

    name: str
    partners: list[UUID]
    planned_on: date | None
    rulebook: str
    rulebook_version: str


class OlderExchangeAmended(OutsideEvent):
    """The department describes it otherwise."""

    subject: ClassVar[str] = "exchange.older-exchange-amended.v1"

    name: str
    partners: list[UUID]


class OlderExchangeMoved(OutsideEvent):
    """Its migration stands elsewhere: `state`, planned to be done by `planned_on`.

    `resources` are those of the platform that take its place.
    """

    subject: ClassVar[str] = "exchange.older-exchange-moved.v1"

    state: str
    formerly: str
    planned_on: date | None
    resources: list[UUID]


class OlderExchangeOverdue(OutsideEvent):
    """The planned day has passed and it has not moved; said once for each plan."""

    subject: ClassVar[str] = "exchange.older-exchange-overdue.v1"

    planned_on: date
