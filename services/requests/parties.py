"""Who may do what to a request and to a grant. Pure."""

from uuid import UUID

from shared.errors import Conflict, Forbidden
from shared.principal import Principal


class OwnResource(Conflict):
    """A department does not ask itself for its own data."""

    code = "request-own-resource"
    title = "Own resource"


class NotTheProvider(Forbidden):
    """Only the providing department decides on its resource, and revokes grants of it."""

    code = "request-not-the-provider"
    title = "Not the provider"


class NotTheRequester(Forbidden):
    """Only the department that asked takes its request back."""

    code = "request-not-the-requester"
    title = "Not the requester"


class RequesterEnded(Conflict):
    """The caller's department was merged, split or abolished a moment ago."""

    code = "request-requester-ended"
    title = "Department ended"


class OwnRequest(Forbidden):
    """Nobody decides on a request that they submitted themselves."""

    code = "request-own-decision"
    title = "Own request"


def check_requester(by: Principal, provider: UUID) -> None:
    """Refuse a department that asks for its own resource. Raises OwnResource."""
    if by.department == provider:
        raise OwnResource("This resource is your department's own; it needs no request.")


def check_in_being(*, ended: bool) -> None:
    """Refuse a department that is no more. Raises RequesterEnded."""
    if ended:
        raise RequesterEnded(
            "Your department was merged, split or abolished; log in again to act for the one "
            "that follows it."
        )


def check_provider(by: Principal, provider: UUID) -> None:
    """Refuse everyone but the providing department. Raises NotTheProvider."""
    if by.department != provider:
        raise NotTheProvider("Only the department that provides the resource may do this.")


def check_decider(by: Principal, provider: UUID, submitted_by: str) -> None:
    """Refuse everyone but another person of the provider. Raises NotTheProvider, OwnRequest."""
    check_provider(by, provider)
    if by.actor == submitted_by:
        raise OwnRequest("Whoever submitted a request does not decide on it.")


def check_withdrawal(by: Principal, requester: UUID) -> None:
    """Refuse everyone but the department that asked. Raises NotTheRequester."""
    if by.department != requester:
        raise NotTheRequester("Only the department that submitted the request may withdraw it.")
