"""What exchange tells of whether data comes as often as the catalogue promises."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class DataLate(Event):
    """A resource's data was to be brought up to date by `last_on` and was not; said once.

    It was expected on `expected_on`. `holders` are the departments with a grant in force.
    """

    subject: ClassVar[str] = "exchange.data-late.v1"

    resource: UUID
    provider: UUID
    expected_on: date
    last_on: date
    holders: list[UUID]


class DataCaughtUp(Event):
    """Data that was late came, or its provider said that nothing had changed."""

    subject: ClassVar[str] = "exchange.data-caught-up.v1"

    resource: UUID
    provider: UUID
    working_days_late: int
    holders: list[UUID]


class DataConfirmed(Event):
    """The provider says that nothing has changed since the data of `sequence`."""

    subject: ClassVar[str] = "exchange.data-confirmed.v1"

    resource: UUID
    provider: UUID
    epoch: int
    sequence: int
