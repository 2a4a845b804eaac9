"""Who may do what: roles and kinds of client, each with its permissions. An official can read it.

Sources: compiler and reviewer are two named people (baoji-2017 §10); the competent authority
gathers and publishes (baoji-2017 §5, jiangsu-2012 §9) and suspends (baoji-2017 §29); supervision
reads and changes nothing (baoji-2017 §27); system, security and audit administrators are three
people (三员分立).
"""

from enum import StrEnum

from shared.principal import Permission


class Role(StrEnum):
    """What a person is in one department."""

    COMPILER = "compiler"  # 编制人
    REVIEWER = "reviewer"  # 审核人
    DEPARTMENT_ADMINISTRATOR = "department-administrator"  # 部门管理员
    SECURITY_OFFICER = "security-officer"  # 安全员
    CLERK = "clerk"  # 窗口人员
    CATALOGUE_ADMINISTRATOR = "catalogue-administrator"  # 目录管理员(主管部门)
    COORDINATOR = "coordinator"  # 协调员(主管部门)
    SUPERVISOR = "supervisor"  # 监督员
    SYSTEM_ADMINISTRATOR = "system-administrator"  # 系统管理员
    SECURITY_ADMINISTRATOR = "security-administrator"  # 安全管理员
    AUDIT_ADMINISTRATOR = "audit-administrator"  # 审计管理员


class ClientKind(StrEnum):
    """What a department's machine is."""

    SYSTEM = "system"  # 业务系统
    FRONT_END_MACHINE = "front-end-machine"  # 前置机


def _may(*permissions: str) -> frozenset[Permission]:
    return frozenset(Permission(permission) for permission in permissions)


# Of machines and people alike.
EVERYONE = _may("department:read", "profile:manage", "profile:read", "resource:read")
# Names and office telephones of colleagues are no business of machines.
_PERSON = EVERYONE | _may("filing:read")

ROLES: dict[Role, frozenset[Permission]] = {
    Role.COMPILER: _PERSON
    | _may(
        "resource:compile",
        "request:read",
        "grant:read",
        "batch:read",
        "exchange:read",
    ),
    Role.REVIEWER: _PERSON | _may("batch:read", "batch:recall", "resource:review", "request:read"),
    Role.DEPARTMENT_ADMINISTRATOR: _PERSON
    | _may(
        "account:manage",
        "api:manage",
        "batch:read",
        "batch:recall",
        "batch:submit",
        "client:manage",
        "data:call",
        "data:counter",
        "data:lookup",
        "data:read",
        "delivery:confirm",
        "exchange:file",
        "exchange:read",
        "filing:manage",
        "grant:narrow",
        "grant:read",
        "grant:revoke",
        "limit:read",
        "log:prove",
        "log:read",
        "recovery:approve",
        "request:decide",
        "request:read",
        "request:submit",
        "resource:withdraw",
        "rule:manage",
    ),
    Role.SECURITY_OFFICER: _PERSON
    | _may(
        "grant:read",
        "grant:revoke",
        "log:prove",
        "log:read",
        "recovery:approve",
        "request:read",
        "resource:secrecy-review",
    ),
    # Who sits at a service counter asks for one citizen at a time (jiangsu-2017 §16(2)).
    Role.CLERK: _PERSON | _may("data:counter", "grant:read"),
    Role.CATALOGUE_ADMINISTRATOR: _PERSON
    | _may(
        "filing:oversee",
        "mapping:manage",
        "resource:publish",
        "resource:review",
        "resource:withdraw",
    ),
    Role.COORDINATOR: _PERSON
    | _may(
        "exchange:oversee",
        "exchange:read",
        "filing:oversee",
        "grant:read",
        "grant:take-over",
        "limit:manage",
        "limit:read",
        "need:rule",
        "request:read",
        "suspension:manage",
    ),
    Role.SUPERVISOR: _PERSON
    | _may(
        "exchange:read", "filing:oversee", "grant:read", "log:prove", "log:read", "request:read"
    ),
    Role.SYSTEM_ADMINISTRATOR: _PERSON
    | _may(
        "address:manage",
        "client:manage",
        "department:manage",
        "limit:manage",
        "limit:read",
        "recovery:approve",
    ),
    Role.SECURITY_ADMINISTRATOR: _PERSON
    | _may("account:manage", "operator:manage", "recovery:approve"),
    Role.AUDIT_ADMINISTRATOR: _PERSON | _may("log:prove", "log:read"),
}

_MACHINE = EVERYONE | _may(
    "api:serve",
    "batch:read",
    "batch:submit",
    "data:call",
    "data:read",
    "delivery:confirm",
    "grant:read",
    "log:prove",
    "log:read",
    "request:read",
)

CLIENTS: dict[ClientKind, frozenset[Permission]] = {
    # 系统对接 (baoji-2017 §9): a system compiles, and a person reviews.
    ClientKind.SYSTEM: _MACHINE
    | _may(
        "api:manage",
        "data:counter",
        "data:lookup",
        "exchange:file",
        "exchange:read",
        "request:submit",
        "resource:compile",
        "rule:manage",
    ),
    ClientKind.FRONT_END_MACHINE: _MACHINE,
}


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """Everything that the roles together allow; nothing for no role."""
    return frozenset().union(*(ROLES[role] for role in roles))
