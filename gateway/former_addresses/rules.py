"""Which old addresses may lead where, and to whom. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from gateway.matching import Matched, Matcher
from shared.errors import Conflict, Forbidden, NotFound
from shared.principal import Principal

# As it stands in a request's first line: nothing is decoded, so nothing can be read in two ways.
_ADDRESS = re.compile(r"/[A-Za-z0-9._~/%+,:;@-]*(\?[A-Za-z0-9._~/%+,:;@&=-]*)?")
# What the public reads without log-in.
_PUBLIC = re.compile(r"/catalogue(\.(jsonld|ttl))?|/catalogue(/services)?/[A-Za-z0-9-]+(\.[a-z]+)?")
# The platform's own: what stands there now is not led away.
_OURS = re.compile(
    r"/$|/(v1|docs|permissions|catalogue|oauth|\.well-known|openapi\.json|livez|readyz|problems)"
    r"($|[/.?])"
)
_MOST_PARAMETERS = 20


class FormerAddressUnknown(NotFound):
    """There is no such former address."""

    code = "former-address-not-found"
    title = "Former address not found"


class FormerAddressNotTheAuthority(Forbidden):
    """Old addresses are led on by the platform's authority."""

    code = "former-address-not-the-authority"
    title = "Not the authority"


class FormerAddressUnfit(Conflict):
    """Some of the old addresses cannot lead on; `errors` says which and why."""

    code = "former-address-unfit"
    title = "Former addresses unfit"


class FormerAddressEnded(Conflict):
    """It leads nowhere already."""

    code = "former-address-ended"
    title = "Ended already"


@dataclass(frozen=True, slots=True)
class Way:
    """Where an old address leads: the new one, and the operation there; None for a public page."""

    id: UUID
    target: str
    matched: Matched | None


def plain(address: str) -> str | None:
    """The old address as it is compared, its parameters in order; None where it is none."""
    if not _ADDRESS.fullmatch(address):
        return None
    path, _, query = address.partition("?")
    try:
        told = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        return None
    return f"{path}?{urlencode(sorted(told))}" if told else path


def fault(address: str, target: str, matcher: Matcher) -> tuple[str, str, str] | None:
    """Why an old address cannot lead there, as field, code and sentence; None where it can."""
    if plain(address) is None:
        sentence = "Write it as it stands in a request: from its first slash, in ASCII, encoded."
        return "address", "not-plain", sentence
    if _OURS.match(address):
        return "address", "ours", "The platform itself answers there."
    if not leads(target, matcher)[0]:
        sentence = "It is no page of the public catalogue and no operation that is read by GET."
        return "target", "nothing-there", sentence
    return None


def leads(target: str, matcher: Matcher) -> tuple[bool, Matched | None]:
    """Whether anything is read at that target, and by which operation; None for a public page."""
    if _PUBLIC.fullmatch(target):
        return True, None
    matched = matcher.match("GET", target.encode("ascii", "replace"))
    return matched is not None, matched


def found(ways: Mapping[str, Way], path: bytes, query: bytes) -> Way | None:
    """Where the old address of a request leads: with just its parameters, else whatever they are;
    None where it is no old address."""
    if not ways:
        return None
    address = plain(f"{path.decode('latin-1')}?{query.decode('latin-1')}".removesuffix("?"))
    if address is None:
        return None
    return ways.get(address) or ways.get(address.partition("?")[0])


def may_follow(by: Principal, matched: Matched | None, holder: UUID | None) -> bool:
    """Whether the caller may know where it leads: who may call what is there.

    `holder` is the department that holds the grant which the new address names, None where it
    names none that stands. What else is there the new address decides itself.
    """
    if matched is None:
        return True
    if matched.grant is not None and holder != by.department:
        return False
    return matched.rule.permission in by.permissions
