"""The circle of knowledge (知悉范围): who inside the grantee may use a grant. Pure.

State, work and commercial secrets and privacy need one by name where the rulebook says so
(baoji-2017 §15(4)); elsewhere a department may name one all the same (design).
"""

from collections.abc import Sequence
from uuid import UUID

from shared.errors import Conflict, Forbidden, PreconditionFailed, PreconditionRequired
from shared.preconditions import matches
from shared.principal import Principal
from shared.rulebooks import Rulebook


class CircleNotYours(Forbidden):
    """Only the two departments of a grant name its circle."""

    code = "grant-circle-not-yours"
    title = "Not a party of the grant"


class CircleWidened(Conflict):
    """The grantee narrows the circle; only the provider widens it."""

    code = "grant-circle-widened"
    title = "Circle widened"


class GrantIfMatchMissing(PreconditionRequired):
    """A change of a grant names the ETag of what it was made from."""

    code = "grant-if-match-missing"
    title = "If-Match missing"


class GrantChanged(PreconditionFailed):
    """Somebody else changed the grant after it was read."""

    code = "grant-changed"
    title = "Grant changed"


def demanded_by(rulebook: Rulebook, *, sensitive: bool) -> str | None:
    """The article by which a grant must name its circle before data flows, None where none."""
    return rulebook.circle_of_knowledge.article if sensitive else None


def members(named: Sequence[UUID] | None) -> list[UUID] | None:
    """The circle as it is kept: each member once, in a fixed order; None is the department."""
    return None if named is None else sorted(set(named))


def check_change(
    by: Principal,
    *,
    provider: UUID,
    grantee: UUID,
    before: Sequence[UUID] | None,
    after: Sequence[UUID],
) -> None:
    """Refuse whoever may not make this change. Raises CircleNotYours, CircleWidened.

    The provider names whom it lets know; the grantee's administrator narrows that, never widens.
    """
    if by.department == provider:
        return
    if by.department != grantee:
        raise CircleNotYours("Only the provider and the grantee name the circle of a grant.")
    if before is not None and not set(after) <= set(before):
        raise CircleWidened(
            "Your department may narrow the circle; ask the provider to let others know."
        )


def etag(version: int) -> str:
    """The ETag of a grant."""
    return f'"{version}"'


def check_unchanged(if_match: str | None, version: int) -> None:
    """Refuse a change of another state of the grant. Raises GrantIfMatchMissing, GrantChanged."""
    if if_match is None:
        raise GrantIfMatchMissing("Send the ETag of the grant that you read as If-Match.")
    if not matches(if_match, etag(version)):
        raise GrantChanged("The grant was changed meanwhile; read it again and decide anew.")
