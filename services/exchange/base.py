"""The root of this service's tables, and those of its messages."""

from shared import db, idempotency, inbox, outbox

# Who speaks where no caller does: the worker that checks and publishes.
PLATFORM = "platform:exchange"


class Base(db.Declarative, kw_only=True, eq=False):
    """Every table of this service."""

    __abstract__ = True
    metadata = db.metadata()


class Outbox(outbox.OutboxTable, Base, kw_only=True):
    """Facts on their way out."""


class OutboxCounter(outbox.CounterTable, Base, kw_only=True):
    """The last sequence number given to a fact."""


class Inbox(inbox.InboxTable, Base, kw_only=True):
    """Events that had their effect here."""


class Parked(inbox.ParkedTable, Base, kw_only=True):
    """Events that could not have theirs."""


class Idempotency(idempotency.IdempotencyTable, Base, kw_only=True):
    """Keys of calls that made something."""
