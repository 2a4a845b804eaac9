"""What an outside issuer's claims mean here: department, roles, strength. Pure."""

from collections.abc import Mapping

from gateway.issuers.trusted import DepartmentMapping, RoleMapping, Strength, TrustedIssuer
from gateway.roles import Role

WEAK = "issuer"
STRONG = "issuer+second-factor"
_MOST_VALUES = 200

Claims = Mapping[str, object]


def department_named(mapping: DepartmentMapping, claims: Claims) -> str | None:
    """The credit code, or the short name, of the department that the claims name."""
    told = _values(claims, mapping.claim)
    if len(told) != 1:
        return None
    return mapping.map.get(told[0]) if mapping.by == "map" else told[0]


def roles_given(mapping: RoleMapping, claims: Claims) -> frozenset[Role]:
    """The roles that the claims' values are mapped to; what is not in the map gives nothing."""
    return frozenset(mapping.map[v] for v in _values(claims, mapping.claim) if v in mapping.map)


def acr_of(trusted: TrustedIssuer, claims: Claims) -> str:
    """How strongly the person proved to the issuer who it is, in our words."""
    return STRONG if _is_strong(trusted.strength, claims) else WEAK


def _is_strong(strength: Strength | None, claims: Claims) -> bool:
    if strength is None:
        return False
    told = claims.get(strength.claim)
    values = told if isinstance(told, list) else [told]
    return any(isinstance(v, str) and v in strength.second_factor for v in values)


def _values(claims: Claims, name: str) -> tuple[str, ...]:
    """The texts of a claim, one or a list; `a.b` is the claim `b` inside `a`."""
    found: object = claims.get(name)
    if found is None:
        found = claims
        for step in name.split("."):
            found = found.get(step) if isinstance(found, dict) else None
    values = found if isinstance(found, list) else [found]
    return tuple(value for value in values[:_MOST_VALUES] if isinstance(value, str))
