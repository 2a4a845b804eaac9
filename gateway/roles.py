"""Who may do what: roles and kinds of client, each with its permissions. An official can read it.

Sources: compiler and reviewer are two named people (baoji-2017 §10); the competent authority
gathers and publishes (baoji-2017 §5, jiangsu-2012 §9); supervision reads and changes nothing
(baoji-2017 §27); system, security and audit administrators are three people (三员分立).
"""

from enum import StrEnum

from shared.principal import Permission


class Role(StrEnum):
    """What a person is in one department."""

    COMPILER = "compiler"  # 编制人
    REVIEWER = "reviewer"  # 审核人
    DEPARTMENT_ADMINISTRATOR = "department-administrator"  # 部门管理员
    SECURITY_OFFICER = "security-officer"  # 安全员
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


EVERYONE = frozenset(
    {Permission.PROFILE_READ, Permission.RESOURCE_READ, Permission.DEPARTMENT_READ}
)

ROLES: dict[Role, frozenset[Permission]] = {
    Role.COMPILER: EVERYONE
    | {
        Permission.RESOURCE_COMPILE,
        Permission.REQUEST_READ,
        Permission.GRANT_READ,
        Permission.BATCH_READ,
    },
    Role.REVIEWER: EVERYONE | {Permission.RESOURCE_REVIEW, Permission.REQUEST_READ},
    Role.DEPARTMENT_ADMINISTRATOR: EVERYONE
    | {
        Permission.BATCH_READ,
        Permission.BATCH_SUBMIT,
        Permission.CLIENT_MANAGE,
        Permission.DATA_LIST,
        Permission.GRANT_READ,
        Permission.GRANT_REVOKE,
        Permission.LOG_PROVE,
        Permission.LOG_READ,
        Permission.REQUEST_DECIDE,
        Permission.REQUEST_READ,
        Permission.REQUEST_SUBMIT,
        Permission.RESOURCE_WITHDRAW,
        Permission.RULE_MANAGE,
    },
    Role.SECURITY_OFFICER: EVERYONE
    | {
        Permission.GRANT_READ,
        Permission.GRANT_REVOKE,
        Permission.LOG_PROVE,
        Permission.LOG_READ,
        Permission.REQUEST_READ,
    },
    Role.CATALOGUE_ADMINISTRATOR: EVERYONE
    | {Permission.RESOURCE_PUBLISH, Permission.RESOURCE_WITHDRAW},
    Role.COORDINATOR: EVERYONE | {Permission.GRANT_READ, Permission.REQUEST_READ},
    Role.SUPERVISOR: EVERYONE
    | {Permission.GRANT_READ, Permission.LOG_PROVE, Permission.LOG_READ, Permission.REQUEST_READ},
    Role.SYSTEM_ADMINISTRATOR: EVERYONE | {Permission.DEPARTMENT_MANAGE, Permission.CLIENT_MANAGE},
    Role.SECURITY_ADMINISTRATOR: EVERYONE | {Permission.OPERATOR_MANAGE},
    Role.AUDIT_ADMINISTRATOR: EVERYONE | {Permission.LOG_PROVE, Permission.LOG_READ},
}

_MACHINE = EVERYONE | {
    Permission.BATCH_READ,
    Permission.BATCH_SUBMIT,
    Permission.DATA_LIST,
    Permission.DATA_READ,
    Permission.GRANT_READ,
    Permission.LOG_PROVE,
    Permission.LOG_READ,
    Permission.REQUEST_READ,
}

CLIENTS: dict[ClientKind, frozenset[Permission]] = {
    ClientKind.SYSTEM: _MACHINE
    | {Permission.DATA_LOOKUP, Permission.REQUEST_SUBMIT, Permission.RULE_MANAGE},
    ClientKind.FRONT_END_MACHINE: _MACHINE,
}


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """Everything that the roles together allow; nothing for no role."""
    return frozenset().union(*(ROLES[role] for role in roles))
