"""What a resource's grade demands of whoever takes its data, as a table. Pure.

Graded data, graded access (baoji-2017 §20, jiangsu-2017 §21): sensitive data goes to a person
with a second factor, or to a machine that calls from an address that its department registered.
Where the data is personal, the call also names the end user and the matter behind it.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from shared.errors import DomainError, Forbidden
from shared.principal import PrincipalKind

Network = IPv4Network | IPv6Network

SECOND_FACTOR_ACRS: Final = frozenset(
    {
        "password+totp",
        "password+certificate",
        "issuer+totp",
        "issuer+certificate",
        "issuer+second-factor",
    }
)
"""How a person authenticated, where that took a second factor."""


class AddressNotAllowed(Forbidden):
    """The machine calls from an address that its department did not register for it."""

    code = "address-not-allowed"
    title = "Address not allowed"


class AddressesMissing(Forbidden):
    """Sensitive data goes to a machine only where its addresses are registered."""

    code = "client-addresses-missing"
    title = "Addresses missing"


class SecondFactorMissing(Forbidden):
    """Sensitive data goes to a person only with a second factor."""

    code = "second-factor-missing"
    title = "Second factor missing"


class EndUserMissing(Forbidden):
    """Personal data goes to a system only for an end user whom it names."""

    code = "end-user-missing"
    title = "End user missing"


class MatterMissing(Forbidden):
    """Personal data is looked at for a matter that the call names."""

    code = "matter-missing"
    title = "Matter missing"


@dataclass(slots=True)  # Not frozen: there is one for each request, and that would cost thrice.
class Call:
    """What a decision needs to know of the call: how its caller authenticated, from where, and
    what it says of the act behind it (opaque words, None where nothing was said)."""

    acr: str
    address: str
    end_user: str | None
    matter: str | None


@dataclass(frozen=True, slots=True)
class Demand:
    """What data demands: `strong` is a second factor or a registered address, by its grade;
    `named` is the end user and the matter behind the call, where the data is personal."""

    strong: bool
    named: bool = False


DEMANDS: Final[dict[str, Demand]] = {
    "ordinary": Demand(strong=False),
    "sensitive": Demand(strong=True),
}


# What is asked at a service counter is asked for one citizen's matter, whatever the data is.
FOR_ONE_MATTER: Final = frozenset({"/v1/grants/{grant}/counter"})


def demand_of(grade: str) -> Demand:
    """What the grade demands; an unknown grade is sensitive."""
    return DEMANDS.get(grade, DEMANDS["sensitive"])


@lru_cache(maxsize=64)
def demanded(grade: str, *, named: bool) -> Demand:
    """What the grade demands of data that is personal (`named`), or is not."""
    return replace(demand_of(grade), named=named)


def outside(allowed: tuple[Network, ...] | None, address: str) -> AddressNotAllowed | None:
    """The refusal of a call from elsewhere; None where nothing is registered or it is inside."""
    if allowed is None or _inside(allowed, address):
        return None
    return AddressNotAllowed(
        "This machine may call from its registered addresses only; its department's "
        "administrator can change them."
    )


def missing(
    kind: PrincipalKind,
    allowed: tuple[Network, ...] | None,
    demand: Demand,
    call: Call,
) -> DomainError | None:
    """The refusal of a call that lacks what the data demands, None where it has it all.

    A call from outside the registered addresses was refused before this.
    """
    if demand.strong:
        if kind is PrincipalKind.OPERATOR and call.acr not in SECOND_FACTOR_ACRS:
            return SecondFactorMissing("Log in with your second factor: this data is sensitive.")
        if kind is PrincipalKind.CLIENT and not allowed:
            return AddressesMissing(
                "Register the addresses that this machine calls from: this data is sensitive "
                "(PUT /v1/clients/{client}/addresses)."
            )
    if demand.named:
        # A person who asks is the end user; behind a system there is one that only it knows.
        if kind is PrincipalKind.CLIENT and call.end_user is None:
            return EndUserMissing(
                "Name the end user in X-Huitong-End-User: this data is personal, or asked for at a "
                "service counter."
            )
        if call.matter is None:
            return MatterMissing(
                "Name the matter in X-Huitong-Matter: this data is personal, or asked for at a "
                "service counter."
            )
    return None


def _inside(allowed: tuple[Network, ...], address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:  # A local socket has no address: it is no registered one.
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in network for network in allowed)
