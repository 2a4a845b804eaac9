"""What every exchange outside the platform keeps to. Pure."""

from collections.abc import Collection, Sequence
from uuid import UUID

from shared.errors import Conflict, FieldError, PreconditionFailed, PreconditionRequired
from shared.preconditions import matches


class PartnerUnknown(Conflict):
    """A partner is another department of the platform."""

    code = "exchange-partner-unknown"
    title = "Partner unknown"


class ExchangeIfMatchMissing(PreconditionRequired):
    """An edit names the ETag of what it was made from."""

    code = "exchange-if-match-missing"
    title = "If-Match missing"


class ExchangeChanged(PreconditionFailed):
    """Somebody else changed it after it was read."""

    code = "exchange-changed"
    title = "Exchange changed"


def etag(version: int) -> str:
    """The ETag of something as it stands."""
    return f'"{version}"'


def check_unchanged(if_match: str | None, version: int) -> None:
    """Refuse an edit that was made from another state, or does not say from which.

    Raises ExchangeIfMatchMissing and ExchangeChanged.
    """
    if if_match is None:
        raise ExchangeIfMatchMissing("Send the ETag of what you read as If-Match.")
    if not matches(if_match, etag(version)):
        raise ExchangeChanged("It was changed meanwhile; read it again.")


def check_partners(named: Sequence[UUID], known: Collection[UUID], own: UUID) -> None:
    """Refuse partners that are no departments here, or the department itself.

    Raises PartnerUnknown.
    """
    unknown = [n for n, partner in enumerate(named) if partner == own or partner not in known]
    if unknown:
        raise PartnerUnknown(
            "Name other departments by their ids; who is not on the platform goes by name.",
            errors=[FieldError(f"partners.{n}", "unknown", "No such partner.") for n in unknown],
        )
