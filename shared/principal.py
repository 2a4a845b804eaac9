"""Who acts: a person or a system, for exactly one department, with what permissions."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID


class Permission(StrEnum):
    """`<resource>:<action>`. Keep alphabetical."""

    ACCOUNT_MANAGE = "account:manage"
    ADDRESS_MANAGE = "address:manage"
    API_MANAGE = "api:manage"
    API_SERVE = "api:serve"
    BATCH_READ = "batch:read"
    BATCH_RECALL = "batch:recall"
    BATCH_SUBMIT = "batch:submit"
    CLIENT_MANAGE = "client:manage"
    DATA_CALL = "data:call"
    DATA_COUNTER = "data:counter"
    DATA_LOOKUP = "data:lookup"
    DATA_READ = "data:read"
    DELIVERY_CONFIRM = "delivery:confirm"
    DEPARTMENT_MANAGE = "department:manage"
    DEPARTMENT_READ = "department:read"
    EXCHANGE_FILE = "exchange:file"
    EXCHANGE_OVERSEE = "exchange:oversee"
    EXCHANGE_READ = "exchange:read"
    FILING_MANAGE = "filing:manage"
    FILING_OVERSEE = "filing:oversee"
    FILING_READ = "filing:read"
    GRANT_NARROW = "grant:narrow"
    GRANT_READ = "grant:read"
    GRANT_REVOKE = "grant:revoke"
    GRANT_TAKE_OVER = "grant:take-over"
    LIMIT_MANAGE = "limit:manage"
    LIMIT_READ = "limit:read"
    LOG_PROVE = "log:prove"
    LOG_READ = "log:read"
    MAPPING_MANAGE = "mapping:manage"
    NEED_RULE = "need:rule"
    OPERATOR_MANAGE = "operator:manage"
    PROFILE_READ = "profile:read"
    PROFILE_MANAGE = "profile:manage"
    RECOVERY_APPROVE = "recovery:approve"
    REQUEST_DECIDE = "request:decide"
    REQUEST_READ = "request:read"
    REQUEST_SUBMIT = "request:submit"
    RESOURCE_COMPILE = "resource:compile"
    RESOURCE_PUBLISH = "resource:publish"
    RESOURCE_READ = "resource:read"
    RESOURCE_REVIEW = "resource:review"
    RESOURCE_SECRECY_REVIEW = "resource:secrecy-review"
    RESOURCE_WITHDRAW = "resource:withdraw"
    RULE_MANAGE = "rule:manage"
    SUSPENSION_MANAGE = "suspension:manage"


class PrincipalKind(StrEnum):
    """A person, or a department's system."""

    CLIENT = "client"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A person or system, acting for exactly one department.

    `region` and `authority` are paths of GB/T 2260 codes, e.g. `320000/320200`; `authority` is
    the region for which the department is the competent authority, None for all others.
    `grant` is set for data operations only. `access_id` ties the act to its access record.
    """

    kind: PrincipalKind
    id: UUID
    department: UUID
    region: str
    authority: str | None
    permissions: frozenset[Permission]
    acr: str
    network: str
    grant: UUID | None
    access_id: UUID
    # How many keys a look-up under the grant may ask for, None where no quota bounds it.
    keys_left: int | None = None
    # The absent colleague for whom a deputy acts; the actor is the deputy.
    on_behalf_of: UUID | None = None

    @property
    def actor(self) -> str:
        """The opaque name under which events and records know the caller."""
        return f"{self.kind}:{self.id}"

    @property
    def hands(self) -> tuple[str, ...]:
        """Whose hands are in the act: the actor's, and those of whom it stands in for.

        What one pair of hands may not do twice, a deputy's may not do for the other.
        """
        if self.on_behalf_of is None:
            return (self.actor,)
        return (self.actor, f"{self.kind}:{self.on_behalf_of}")

    def oversees(self, region: str) -> bool:
        """Whether the caller speaks for the competent authority of `region`."""
        return self.authority is not None and (
            region == self.authority or region.startswith(self.authority + "/")
        )


def claims_of(principal: Principal) -> dict[str, str | list[str] | int | None]:
    """The principal as passport claims, short names, in a fixed order."""
    return {
        "k": principal.kind.value,
        "i": principal.id.hex,
        "d": principal.department.hex,
        "r": principal.region,
        "h": principal.authority,
        "p": sorted(principal.permissions),
        "c": principal.acr,
        "n": principal.network,
        "g": principal.grant.hex if principal.grant else None,
        "x": principal.access_id.hex,
        "l": principal.keys_left,
        "b": principal.on_behalf_of.hex if principal.on_behalf_of else None,
    }


def principal_of(claims: Mapping[str, Any]) -> Principal:  # the edge: claims come as JSON
    """The principal that `claims_of` wrote. Raises KeyError, TypeError, ValueError."""
    return Principal(
        kind=PrincipalKind(claims["k"]),
        id=UUID(claims["i"]),
        department=UUID(claims["d"]),
        region=claims["r"],
        authority=claims["h"],
        permissions=frozenset(Permission(p) for p in claims["p"]),
        acr=claims["c"],
        network=claims["n"],
        grant=UUID(claims["g"]) if claims["g"] else None,
        access_id=UUID(claims["x"]),
        keys_left=claims.get("l"),
        on_behalf_of=UUID(claims["b"]) if claims.get("b") else None,
    )
