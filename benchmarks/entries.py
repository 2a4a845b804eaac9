"""Generated catalogue entries that read like a city's, written straight into the tables."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg


def _cut(words: str) -> list[str]:
    return words.split()


SUBJECTS = _cut(
    "企业 法人 居民 学生 教师 车辆 驾驶员 房屋 土地 林地 河道 水库 道路 桥梁 医院 药品 食品 学校 "
    "幼儿园 养老院 社区 社会组织 个体工商户 纳税人 参保人员 低保户 残疾人 失业人员 建设项目 "
    "招标 采购 排污口 污染源 空气质量 气象站 渔船 种子 农药 化肥 耕地 合作社 景区 文物 图书馆 "
    "博物馆 运动员 场馆 印章 户籍 护照 出入境 公证 律师 仲裁"
)
ACTS = _cut(
    "登记 许可 备案 注销 年检 处罚 检查 抽检 监测 统计 申报 审批 变更 资格 认定 补贴 缴费 信用评价 "
    "投诉举报 执法"
)
KINDS = _cut("基本信息 信息 明细 名录 结果 台账 目录 数据 清单 档案")
ITEMS = _cut(
    "统一社会信用代码 法定代表人 注册地址 成立日期 注册资本 经营范围 登记机关 许可证编号 有效期起 "
    "有效期止 处罚决定书文号 处罚金额 检查时间 检查结果 经度 纬度 面积 行政区划代码 所属街道 备注 "
    "更新时间 项目名称 项目编号 审批部门"
)
PLACES = _cut("示例市 东山县 西河县 南湖区 北港区 新城区 高新区 临江县")
OFFICES = _cut(
    "市场监督管理局 公安局 民政局 教育局 卫生健康委员会 人力资源和社会保障局 自然资源和规划局 "
    "生态环境局 住房和城乡建设局 交通运输局 水利局 农业农村局 商务局 文化广电和旅游局 税务局 "
    "应急管理局 退役军人事务局 城市管理局 财政局"
)
TOPICS = (("base", "legal-entity"), ("theme", "health"), ("department", "government"))
_BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
_AT_ONCE = 20_000
_ITEMS_EACH = 5


async def fill(connection: "asyncpg.Connection[asyncpg.Record]", entries: int) -> None:
    """Put that many published entries into an empty catalogue.

    As the superuser, without the triggers that keep what is published from changing.
    """
    chance = random.Random(7)  # noqa: S311 - the same entries each time
    departments = {uuid4(): f"{place}{office}" for place in PLACES for office in OFFICES}
    await connection.execute("SET session_replication_role = replica")
    await _copy(
        connection,
        "department",
        [
            {
                "id": identity,
                "version": 1,
                "name": name,
                "short_name": name[-4:],
                "credit_code": f"{number:018}",
                "region": "320000/320200",
            }
            for number, (identity, name) in enumerate(departments.items())
        ],
    )
    for begin in range(0, entries, _AT_ONCE):
        numbers = range(begin, min(begin + _AT_ONCE, entries))
        made = [_entry(number, departments, chance) for number in numbers]
        await _copy(connection, "resource", [resource for resource, _, _ in made])
        await _copy(connection, "resource_version", [version for _, version, _ in made])
        await _copy(connection, "resource_item", [item for _, _, items in made for item in items])
    await connection.execute("SET session_replication_role = origin")
    await connection.execute("ANALYZE")


def searches() -> Iterator[str]:
    """What people look for: common words and rare ones, one and several, a department's name."""
    chance = random.Random(11)  # noqa: S311 - the same searches each time
    while True:
        yield chance.choice(SUBJECTS)
        yield chance.choice(SUBJECTS) + chance.choice(ACTS)
        yield f"{chance.choice(SUBJECTS)} {chance.choice(ITEMS)}"
        yield chance.choice(ITEMS)
        yield chance.choice(PLACES) + chance.choice(OFFICES)
        yield chance.choice(KINDS)
        yield "信息"


def _entry(
    number: int, departments: dict[UUID, str], chance: random.Random
) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    subject, act, kind = chance.choice(SUBJECTS), chance.choice(ACTS), chance.choice(KINDS)
    provider = chance.choice(list(departments))
    name = f"{subject}{act}{kind}{number}"
    at = _BEGAN + timedelta(seconds=number)
    # Identifiers in the order of time, as the platform's are.
    identity = UUID(int=(round(at.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | number)
    attribute, topic = chance.choice(TOPICS)
    resource = {
        "id": identity,
        "provider": provider,
        "created_at": at,
        "updated_at": at,
        "code": f"{number:012}",
        "state": "published",
        "revision": 4,
        "latest": 1,
        "published": 1,
        "published_name_key": name,
    }
    version = {
        "resource_id": identity,
        "number": 1,
        "started_at": at,
        "compilers": [],
        "reviewers": [],
        "published_at": at,
        "name": name,
        "name_key": name,
        "attribute": attribute,
        "topic": topic,
        "level": "local",
        "abstract": f"{departments[provider]}在{subject}{act}中采集，用于共享和业务协同。",
        "format_class": "spreadsheet",
        "format_type": "csv",
        "secrecy": "none",
        "grade": chance.choice(("ordinary", "sensitive")),
        "share_type": chance.choice(("unconditional", "conditional")),
        "share_methods": ["platform-file"],
        "openness": "closed",
        "update_cycle": chance.choice(("daily", "monthly", "yearly")),
        "related": [],
    }
    items = [
        {
            "resource_id": identity,
            "number": 1,
            "position": position,
            "code": f"c{position}",
            "name": item,
            "type": "C",
            "length": 100,
            "key": position == 0,
            "required": position == 0,
            "basic": False,
            "secrecy": "none",
            "share_type": "conditional",
            "openness": "closed",
            "standard": "none",
        }
        for position, item in enumerate(chance.sample(ITEMS, _ITEMS_EACH))
    ]
    return resource, version, items


async def _copy(
    connection: "asyncpg.Connection[asyncpg.Record]", table: str, rows: list[dict[str, Any]]
) -> None:
    columns = list(rows[0])
    records = [tuple(row[column] for column in columns) for row in rows]
    await connection.copy_records_to_table(table, records=records, columns=columns)
