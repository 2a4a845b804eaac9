"""Who may do what to whose account. Pure: no database, no HTTP, no clock.

Sources: 三员分立 (system, security and audit administrator are three people); a compiler and a
reviewer are named and two (baoji-2017 §10; two: design); catalogue administrator and coordinator
work at the competent authority (baoji-2017 §5).
"""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from gateway.roles import Role
from shared.errors import Conflict, Forbidden, PreconditionFailed, PreconditionRequired
from shared.preconditions import matches
from shared.principal import Permission, Principal

# What a department's own administrator may give and take.
DEPARTMENT_ROLES: Final = frozenset(
    {
        Role.COMPILER,
        Role.REVIEWER,
        Role.DEPARTMENT_ADMINISTRATOR,
        Role.SECURITY_OFFICER,
        Role.CLERK,
    }
)
AUTHORITY_ROLES: Final = frozenset({Role.CATALOGUE_ADMINISTRATOR, Role.COORDINATOR})
PLATFORM_ROLES: Final = frozenset(
    {Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR}
)


class RolesIncompatible(Conflict):
    """One person may not hold these roles together."""

    code = "roles-incompatible"
    title = "Roles incompatible"


class RolesMisplaced(Conflict):
    """These roles exist at a competent authority only."""

    code = "roles-misplaced"
    title = "Roles misplaced"


class RolesNotYours(Forbidden):
    """A department's administrator gives, takes and manages the department's roles only."""

    code = "roles-not-yours-to-give"
    title = "Roles not yours to give"


class OwnRoles(Forbidden):
    """Nobody changes their own roles."""

    code = "roles-own"
    title = "Own roles"


class OwnAccount(Forbidden):
    """Nobody does this to their own account; a colleague must."""

    code = "account-own"
    title = "Own account"


class LastAdministrator(Conflict):
    """Without this account nobody could manage the others."""

    code = "last-administrator"
    title = "Last administrator"


class AccountClosed(Conflict):
    """The account is closed; reopen it first."""

    code = "account-closed"
    title = "Account closed"


class SuccessorUnfit(Conflict):
    """Work is handed to a colleague with an open account in the same department."""

    code = "successor-unfit"
    title = "Successor unfit"


class PasswordTaken(Conflict):
    """The person has chosen a password already; a lost one is reset by two people."""

    code = "password-chosen"
    title = "Password chosen already"


class AccountIfMatchMissing(PreconditionRequired):
    """A change of an account's roles names the ETag of what it was made from."""

    code = "account-if-match-missing"
    title = "If-Match missing"


class AccountChangedMeanwhile(PreconditionFailed):
    """Somebody else changed the account after it was read."""

    code = "account-changed"
    title = "Account changed"


def etag(version: int) -> str:
    """The ETag of an account."""
    return f'"{version}"'


def check_unchanged(if_match: str | None, version: int) -> None:
    """Raises AccountIfMatchMissing, AccountChangedMeanwhile."""
    if if_match is None:
        raise AccountIfMatchMissing("Send the ETag of the account that you read as If-Match.")
    if not matches(if_match, etag(version)):
        raise AccountChangedMeanwhile("The account was changed meanwhile; read it again.")


def check_compatible(roles: frozenset[Role]) -> None:
    """Refuse roles that belong to two people. Raises RolesIncompatible."""
    if len(roles & PLATFORM_ROLES) > 1:
        raise RolesIncompatible(
            "System, security and audit administrator must be three different people; "
            "give this account one of the three roles."
        )
    if {Role.COMPILER, Role.REVIEWER} <= roles:
        raise RolesIncompatible(
            "The compiler of an entry does not review it; give the two roles to two people."
        )


def check_placed(roles: frozenset[Role], *, at_authority: bool) -> None:
    """Refuse roles of the authority anywhere else. Raises RolesMisplaced."""
    misplaced = roles & AUTHORITY_ROLES
    if misplaced and not at_authority:
        raise RolesMisplaced(
            f"Only a competent authority has the roles: {', '.join(sorted(misplaced))}."
        )


def check_may_give(by: Principal, *sets: Iterable[Role]) -> None:
    """Refuse a department's administrator what reaches beyond. Raises RolesNotYours."""
    beyond = frozenset().union(*(frozenset(roles) for roles in sets)) - DEPARTMENT_ROLES
    if beyond and Permission.OPERATOR_MANAGE not in by.permissions:
        raise RolesNotYours(
            "Only the security administrator manages accounts with the roles: "
            f"{', '.join(sorted(beyond))}."
        )


def check_not_own_roles(by: Principal, operator: UUID) -> None:
    """Raises OwnRoles."""
    if by.id == operator:
        raise OwnRoles("Another administrator must change your roles.")


def check_not_own(by: Principal, operator: UUID) -> None:
    """Raises OwnAccount."""
    if by.id == operator:
        raise OwnAccount("Another administrator must do this to your account.")


def check_others_left(operator: UUID, administrators: Sequence[UUID]) -> None:
    """Refuse to lose the last of them. Raises LastAdministrator.

    `administrators` are the open accounts that hold the role now.
    """
    if set(administrators) <= {operator}:
        raise LastAdministrator(
            "This is the last open account with its administrator's role; name another first."
        )


def over_two_of_three(own: frozenset[Role], taken: frozenset[Role]) -> bool:
    """Whether one person would be two of the platform's three administrators."""
    return len((own | taken) & PLATFORM_ROLES) > 1
