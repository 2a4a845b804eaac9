"""The groups in which the docs page shows operations, in the order of an operator's work."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Group:
    """A group by its name, what it is for, and the paths that belong to it by their beginning.

    A service names the group of most operations itself; the gateway's own go by their paths.
    """

    name: str
    about: str
    paths: tuple[str, ...] = ()


# Groups that a service names and this list does not come after these.
GROUPS: Final = (
    Group(
        "我的账号 · My account",
        "我是谁、能做什么；口令与第二因素 · Who you are, what you may, how you log in",
        ("/v1/me", "/v1/permissions"),
    ),
    Group(
        "政务信息资源目录 · Catalogue",
        "编制、审核、保密审查、发布、检索 · Compile, review, publish, find",
    ),
    Group(
        "共享申请 · Share requests",
        "申请他部门的数据，答复申请 · Ask for others' data, and answer",
    ),
    Group(
        "授权 · Grants",
        "谁可以用什么、用于什么、用到何时 · Who may use what, for what, until when",
    ),
    Group(
        "数据提供 · Batches",
        "提交批次，查看校验结果，撤回 · Hand data in, see what the checks found, recall",
    ),
    Group(
        "断点续传 · Resumable uploads",
        "大文件分段提交，断线后接着传 · Large batches in parts, going on where the line broke",
    ),
    Group(
        "数据使用 · Data under a grant",
        "凭授权获取全量、增量，联机查询 · Take snapshots and changes, look keys up",
    ),
    Group(
        "数据表 · Delta Sharing",
        "凭授权以通用客户端读取数据表 · Read grants as tables with off-the-shelf clients",
    ),
    Group(
        "系统接口 · Interfaces of systems",
        "登记、凭授权调用、前置机受理 · Register, call under a grant, serve by a front-end machine",
    ),
    Group(
        "数据时效 · Freshness",
        "按更新周期是否及时，确认无变化 · Whether data comes as promised; nothing has changed",
    ),
    Group(
        "平台外交换 · Exchange outside the platform",
        "备案、统计报送与汇总 · File it, report its statistics, figures of departments",
    ),
    Group(
        "原有交换迁移 · Older exchanges",
        "登记、迁移进展、总体进度 · Register, say how far each has moved, progress",
    ),
    Group(
        "部门 · Departments",
        "登记、变更、合并、分立、撤销 · Register, change, merge, split, abolish",
        ("/v1/departments", "/v1/successions"),
    ),
    Group(
        "系统与前置机 · Machines",
        "登记、密钥、公钥、地址、频率、吊销 · Register, secrets, keys, addresses, limits, revoke",
        ("/v1/clients",),
    ),
    Group(
        "人员账号 · People",
        "开立、角色、代理、注销、找回 · Accounts, roles, deputies, closing, recovery",
        ("/v1/operators", "/v1/deputies", "/v1/recoveries", "/v1/reviewer-loans"),
    ),
    Group(
        "资格暂停 · Suspensions",
        "暂停与恢复共享他部门数据的资格 · Suspend the right to others' data, and lift",
    ),
    Group(
        "审计日志 · Audit log",
        "谁在何时凭什么取了什么，及其证明 · Who took what, when and why, with proof",
    ),
)


def group_of(path: str, named: str) -> str:
    """The group of an operation; `named` is what its service says."""
    for group in GROUPS:
        if any(path == root or path.startswith(f"{root}/") for root in group.paths):
            return group.name
    return named


def in_order(names: set[str]) -> list[dict[str, str]]:
    """The groups of these names as OpenAPI's tags."""
    known = [{"name": g.name, "description": g.about} for g in GROUPS if g.name in names]
    others = sorted(names - {g.name for g in GROUPS})
    return [*known, *({"name": name} for name in others)]
