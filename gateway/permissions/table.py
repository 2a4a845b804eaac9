"""The one table of who may do what: roles and kinds of machine, permissions, operations. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.permissions import words
from gateway.roles import CLIENTS, ROLES, ClientKind, Role
from gateway.rules import Rule
from shared.principal import Permission


class HolderKind(StrEnum):
    """Whether a person holds the permissions, or a machine."""

    ROLE = "role"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Holder:
    """A role or a kind of machine, and everything that it may do."""

    kind: HolderKind
    id: str
    name: str
    permissions: tuple[Permission, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; `summary` is what its service says of it, None before it was heard."""

    method: str
    path: str
    summary: str | None
    data: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A permission, the operations that it opens, and who holds it."""

    permission: Permission
    name: str
    operations: tuple[Operation, ...]
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The whole of it: `lines` in the order of the permissions' names."""

    holders: tuple[Holder, ...]
    lines: tuple[Line, ...]


def table(rules: Iterable[Rule], summaries: Mapping[str, str]) -> Table:
    """The table as the gateway decides by it; `summaries` by the operation's name."""
    listed = tuple(rules)
    holders = (
        *(_holder(HolderKind.ROLE, role, ROLES[role]) for role in Role),
        *(_holder(HolderKind.CLIENT, kind, CLIENTS[kind]) for kind in ClientKind),
    )
    lines = tuple(
        Line(
            permission=permission,
            name=words.PERMISSIONS[permission],
            operations=tuple(
                Operation(r.method, r.path, summaries.get(r.operation), r.data)
                for r in listed
                if r.permission is permission
            ),
            holders=tuple(h.id for h in holders if permission in h.permissions),
        )
        for permission in sorted(Permission)
    )
    return Table(holders, lines)


def _holder(
    kind: HolderKind, holder: Role | ClientKind, permissions: frozenset[Permission]
) -> Holder:
    return Holder(kind, holder.value, words.HOLDERS[holder], tuple(sorted(permissions)))
