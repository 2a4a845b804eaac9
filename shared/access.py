"""Whether the caller may: every operation names its permission, and is refused without it.

The gateway decides who calls and seals it into a passport; a service only opens that.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Request, Security
from fastapi.security import APIKeyHeader, SecurityScopes

from shared import passport
from shared.errors import Forbidden
from shared.principal import Permission as Permission
from shared.principal import Principal as Principal
from shared.principal import PrincipalKind as PrincipalKind

_HEADER_BYTES = passport.HEADER.encode()


class PermissionMissing(Forbidden):
    """The caller's roles do not include the permission that the operation names."""

    code = "permission-missing"
    title = "Permission missing"


def require(principal: Principal, needed: Permission) -> None:
    """Refuse a caller without the permission."""
    if needed not in principal.permissions:
        raise PermissionMissing(f"This operation needs the permission {needed.value}.")


def admit_raw(scope: Mapping[str, Any], needed: Permission) -> Principal:
    """The same as `admit` for a raw ASGI route; `scope` is its connection scope."""
    lock: passport.Lock = scope["app"].state.passport_lock
    text = next((value for key, value in scope["headers"] if key == _HEADER_BYTES), b"")
    principal = lock.open(text.decode("latin-1"))
    require(principal, needed)
    return principal


async def admit(
    request: Request,
    needed: SecurityScopes,
    text: Annotated[
        str | None,
        Security(APIKeyHeader(name=passport.HEADER, scheme_name="passport", auto_error=False)),
    ],
) -> Principal:
    """The caller, if the gateway sealed every permission that the route names."""
    lock: passport.Lock = request.app.state.passport_lock
    principal = lock.open(text or "")
    for permission in needed.scopes:
        require(principal, Permission(permission))
    return principal
