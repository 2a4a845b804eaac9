"""ETag and If-Match: an edit says which state of a resource it was made from (RFC 9110 §13)."""

from services.catalog.models import ResourceVersion
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.preconditions import matches


class IfMatchMissing(PreconditionRequired):
    """An edit of an entry names the ETag of what it was made from."""

    code = "if-match-missing"
    title = "If-Match missing"


class EntryChanged(PreconditionFailed):
    """Somebody else changed the resource after it was read."""

    code = "entry-changed"
    title = "Entry changed"


def etag(version: ResourceVersion) -> str:
    """The ETag of what somebody sees of a resource; its resource must be loaded.

    A version that a later one is being made of has an ETag of its own, so that who sees only
    what is published cannot count what happens behind it.
    """
    if version.number == version.resource.latest:
        return f'"{version.resource.revision}"'
    return f'"v{version.number}"'


def require(if_match: str | None, version: ResourceVersion) -> None:
    """Refuse an edit without If-Match, or made from another state. Raises either refusal."""
    if if_match is None:
        raise IfMatchMissing("Send the ETag of the entry that you read as If-Match.")
    check(if_match, version)


def check(if_match: str | None, version: ResourceVersion) -> None:
    """Refuse a step that was decided on another state, where it says on which."""
    if if_match is not None and not matches(if_match, etag(version)):
        raise EntryChanged("The entry was changed meanwhile; read it again and decide anew.")
