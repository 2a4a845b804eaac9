"""The base of the gateway's tables, and those that carry its messages."""

from shared import db
from shared.idempotency import IdempotencyTable
from shared.inbox import InboxTable, ParkedTable
from shared.outbox import CounterTable, OutboxTable


class Base(db.Declarative, kw_only=True, eq=False):
    """Every table of the gateway."""

    __abstract__ = True
    metadata = db.metadata()


class Outbox(OutboxTable, Base, kw_only=True):
    """The gateway's outbox."""


class Counter(CounterTable, Base, kw_only=True):
    """The gateway's outbox counter."""


class Inbox(InboxTable, Base, kw_only=True):
    """The gateway's inbox."""


class Parked(ParkedTable, Base, kw_only=True):
    """What the gateway could not handle."""


class Idempotency(IdempotencyTable, Base, kw_only=True):
    """The gateway's idempotency keys."""
