"""The Chinese names of roles, kinds of machine and permissions, as officials know them."""

from typing import Final

from gateway.roles import ClientKind, Role
from shared.principal import Permission

HOLDERS: Final[dict[Role | ClientKind, str]] = {
    Role.COMPILER: "编制人",
    Role.REVIEWER: "审核人",
    Role.DEPARTMENT_ADMINISTRATOR: "部门管理员",
    Role.SECURITY_OFFICER: "安全员",
    Role.CATALOGUE_ADMINISTRATOR: "目录管理员（主管部门）",
    Role.COORDINATOR: "协调员（主管部门）",
    Role.SUPERVISOR: "监督员",
    Role.SYSTEM_ADMINISTRATOR: "系统管理员",
    Role.SECURITY_ADMINISTRATOR: "安全管理员",
    Role.AUDIT_ADMINISTRATOR: "审计管理员",
    ClientKind.SYSTEM: "业务系统",
    ClientKind.FRONT_END_MACHINE: "前置机",
}

PERMISSIONS: Final[dict[Permission, str]] = {
    Permission.ACCOUNT_MANAGE: "管理账号与角色",
    Permission.BATCH_READ: "查看批次",
    Permission.BATCH_RECALL: "撤回批次",
    Permission.BATCH_SUBMIT: "提交批次",
    Permission.CLIENT_MANAGE: "管理系统与前置机",
    Permission.DATA_LOOKUP: "联机查询数据",
    Permission.DATA_READ: "获取数据",
    Permission.DEPARTMENT_MANAGE: "管理部门",
    Permission.DEPARTMENT_READ: "查看部门",
    Permission.FILING_MANAGE: "报备责任人员",
    Permission.FILING_OVERSEE: "督促责任人员备案",
    Permission.FILING_READ: "查看责任人员备案",
    Permission.GRANT_NARROW: "明确知悉范围",
    Permission.GRANT_READ: "查看授权",
    Permission.GRANT_REVOKE: "撤销授权",
    Permission.LIMIT_MANAGE: "设置调用频率限制",
    Permission.LIMIT_READ: "查看调用频率限制",
    Permission.LOG_PROVE: "取得日志证明",
    Permission.LOG_READ: "查看日志",
    Permission.MAPPING_MANAGE: "维护代码映射",
    Permission.NEED_RULE: "裁定未满足的需求",
    Permission.OPERATOR_MANAGE: "管理操作员账号",
    Permission.PROFILE_READ: "查看本人身份与权限",
    Permission.PROFILE_MANAGE: "管理本人登录方式",
    Permission.RECOVERY_APPROVE: "复核口令与第二因素重置",
    Permission.REQUEST_DECIDE: "答复共享申请",
    Permission.REQUEST_READ: "查看共享申请",
    Permission.REQUEST_SUBMIT: "提交共享申请",
    Permission.RESOURCE_COMPILE: "编制目录",
    Permission.RESOURCE_PUBLISH: "发布目录",
    Permission.RESOURCE_READ: "查看目录",
    Permission.RESOURCE_REVIEW: "审核目录",
    Permission.RESOURCE_SECRECY_REVIEW: "保密审查",
    Permission.RESOURCE_WITHDRAW: "撤下目录",
    Permission.RULE_MANAGE: "设置数据规则",
    Permission.SUSPENSION_MANAGE: "暂停与恢复共享资格",
}
