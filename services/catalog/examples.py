"""Two real entries, as the API takes them: for its documentation, and to begin with."""

from typing import Final

from fastapi.openapi.models import Example
from pydantic import JsonValue

LEGAL_ENTITIES: Final[dict[str, JsonValue]] = {
    "name": "法人单位基本信息",
    "provider_unit": "登记注册科",
    "classification": {"attribute": "base", "topic": "legal-entity"},
    "level": "local",
    "abstract": "在本市登记注册的企业和个体工商户的基本登记事项，以统一社会信用代码标识。",
    "format": {"kind": "database", "type": "mysql"},
    "grade": "ordinary",
    "share_type": "unconditional",
    "share_condition": "无条件",
    "share_methods": ["platform-database", "platform-interface"],
    "openness": "open",
    "update_cycle": "daily",
    "items": [
        {
            "code": "uscc",
            "name": "统一社会信用代码",
            "type": "C",
            "length": 18,
            "key": True,
            "required": True,
            "basic": True,
            "openness": "open",
            "standard": "unified-social-credit-code",
        },
        {
            "code": "name",
            "name": "企业名称",
            "type": "C",
            "length": 200,
            "required": True,
            "basic": True,
            "openness": "open",
        },
        {"code": "registered_on", "name": "注册日期", "type": "D", "basic": True},
        {"code": "entity_type", "name": "企业类型", "type": "C", "length": 100, "basic": True},
        {"code": "registered_capital", "name": "注册资金", "type": "C", "length": 100},
        {"code": "business_scope", "name": "经营范围", "type": "M"},
        {"code": "address", "name": "注册地址", "type": "C", "length": 300, "basic": True},
    ],
}

DIVISIONS: Final[dict[str, JsonValue]] = {
    "name": "行政区划代码",
    "classification": {"attribute": "base", "topic": "natural-resources-and-geography"},
    "level": "local",
    "abstract": "本省地级、县级和乡级行政区划的名称、代码和隶属关系。",
    "format": {"kind": "spreadsheet", "type": "csv"},
    "share_type": "unconditional",
    "share_methods": ["platform-file"],
    "openness": "open",
    "update_cycle": "yearly",
    "items": [
        {
            "code": "division_code",
            "name": "区划代码",
            "type": "C",
            "length": 12,
            "key": True,
            "required": True,
            "basic": True,
            "openness": "open",
            "standard": "administrative-division",
        },
        {
            "code": "division_name",
            "name": "区划名称",
            "type": "C",
            "length": 60,
            "required": True,
            "basic": True,
            "openness": "open",
        },
        {
            "code": "division_level",
            "name": "区划级别",
            "type": "C",
            "length": 4,
            "required": True,
            "openness": "open",
        },
        {
            "code": "parent_code",
            "name": "上级区划代码",
            "type": "C",
            "length": 12,
            "openness": "open",
            "standard": "administrative-division",
        },
    ],
}

PENALTIES: Final[dict[str, JsonValue]] = {
    "name": "未成年人行政处罚记录",
    "classification": {"attribute": "department", "topic": "government"},
    "level": "local",
    "abstract": "对未成年人作出的行政处罚决定，依法封存，不予共享。",
    "format": {"kind": "database", "type": "oracle"},
    "secrecy": "personal-privacy",
    "grade": "sensitive",
    "share_type": "not-shared",
    "legal_basis": {
        "kind": "law",
        "citation": "《中华人民共和国治安管理处罚法》记录封存的规定",
    },
    "share_methods": ["platform-database"],
    "openness": "closed",
    "update_cycle": "irregular",
    "items": [
        {
            "code": "decision_no",
            "name": "处罚决定书文号",
            "type": "C",
            "length": 60,
            "key": True,
            "required": True,
            "secrecy": "personal-privacy",
        },
    ],
}

ENTRIES: Final[dict[str, Example]] = {
    "legal-entities": Example(summary="法人单位基本信息 · Legal entities", value=LEGAL_ENTITIES),
    "divisions": Example(summary="行政区划代码 · Administrative divisions", value=DIVISIONS),
    "not-shared": Example(summary="不予共享 · Not shared, with its legal basis", value=PENALTIES),
}
