"""What is sent for each operation: the example of its own description, with the city's ids."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from shared import clock
from tests.matrix.city import CSV, entry_of
from tests.matrix.delta import CHANGES
from tests.matrix.interfaces import INTERFACE_BODIES, INTERFACE_QUERIES
from tests.matrix.things import ELEMENT, FAR, MAPPING, filing, succession, year_plan
from tests.matrix.whole import Json

Things = Mapping[str, str]


def _suspension(things: Things) -> Json:
    # The time of the notice has not passed: whoever may suspend is told so, and nobody is.
    today = clock.local_date(clock.now(), "Asia/Shanghai")
    return {
        "department": things["department"],
        "violation": "outside-duties",
        "reason": "经通知未在期限内整改",
        "notified_on": str(today - timedelta(days=1)),
        "rectify_by": str(today + timedelta(days=30)),
    }


def _request(things: Things) -> Json:
    return {
        "resource": things["resource"],
        "duty": "依法履行的职责",
        "purpose": "逐项核对",
        "items": ["uscc", "name"],
    }


# Bodies that name things; all others are the examples.
BODIES: dict[str, Callable[[Things], Any]] = {
    "POST /v1/clients": lambda things: {
        "name": "又一系统",
        "kind": "system",
        "department": things["department"],
    },
    "POST /v1/operators": lambda things: {
        "username": f"another.{things['department'][-12:]}",
        "password": "correct-horse-battery-staple-47",
        "department": things["department"],
        "roles": ["compiler"],
    },
    "PUT /v1/resources/{resource}": lambda things: entry_of("更名后的核查信息"),
    "POST /v1/resources": lambda things: entry_of("新编信息"),
    "POST /v1/resources/{resource}/submit": lambda things: {},
    "POST /v1/resources/{resource}/review": lambda things: {"decision": "pass", "remarks": "完整"},
    "POST /v1/resources/{resource}/secrecy-review": lambda things: {
        "decision": "pass",
        "found": [],
        "remarks": "不涉密",
    },
    "POST /v1/resources/{resource}/publish": lambda things: {},
    "POST /v1/requests": _request,
    "POST /v1/requests/{request}/approve": lambda things: {},
    "POST /v1/departments": lambda things: {
        "name": "示例市体育局",
        "short_name": "sports",
        "credit_code": "11320200000000012R",
        "region": "610000/610300",
    },
    "POST /v1/operators/{operator}/deputies": lambda things: {
        "deputy": things["second"],
        "until": (clock.now() + timedelta(days=30)).isoformat(),
    },
    "POST /v1/operators/{operator}/recoveries": lambda things: {
        "credential": "password",
        "reason": "忘记口令",
    },
    "POST /v1/me/password": lambda things: {
        "current": "not-the-password-of-anybody",
        "new": "correct-horse-battery-staple-48",
    },
    "PUT /v1/departments/{department}/filing": lambda things: filing(),
    "POST /v1/successions": lambda things: succession(things["department"], things["other"]),
    "PUT /v1/successions/{succession}": lambda things: succession(
        things["department"], things["other"]
    ),
    "POST /v1/resources/{resource}/withdraw": lambda things: {
        "remarks": "职能划转",
        "effective_on": FAR,
    },
    "POST /v1/catalogue-updates": lambda things: {
        "cause": "functions",
        "changed_on": "2026-11-02",
        "description": "职能划入本局",
        "resources": [things["resource"]],
    },
    "POST /v1/needs/{need}/choose": lambda things: {"resource": things["resource"]},
    "POST /v1/needs/{need}/rule": lambda things: {"ruling": "gap-recorded", "remarks": "尚无"},
    "POST /v1/collection-rulings": lambda things: {
        "name": "又一事项",
        "lead": things["department"],
        "remarks": "由其主采集",
    },
    "POST /v1/resources/{resource}/secondary-items": lambda things: {
        "items": ["uscc"],
        "remarks": "以其他部门为准",
    },
    "POST /v1/year-plans": lambda things: year_plan(things["department"], "another"),
    "PUT /v1/year-plans/{plan}": lambda things: {
        name: value
        for name, value in year_plan(things["department"], "another").items()
        if name != "year"
    },
    "PUT /v1/catalogue/former-codes": lambda things: {
        "platform": "旧资源目录系统",
        "codes": [{"code": f"JS-{things['resource'][-6:]}", "resource": things["resource"]}],
    },
    # At a host that no installation allows.
    "POST /v1/harvest-sources": lambda things: {
        "name": "示例市公共数据开放平台",
        "protocol": "ckan",
        "address": "https://data.example.gov.cn",
    },
    "PUT /v1/data-elements/{element}": lambda things: ELEMENT,
    "PUT /v1/mappings/{mapping}": lambda things: MAPPING,
    "PUT /v1/catalogue/entries": lambda things: b'{"name": ""}\n',
    "POST /v1/catalogue/workbook": lambda things: b"no workbook",
    "POST /v1/suspensions": _suspension,
    "POST /v1/departments/{department}/changes": lambda things: {
        "name": "又更名的部门",
        "effective_on": "2099-01-02",
        "basis": "市编办〔2026〕2号",
    },
    "POST /v1/resources/{resource}/batches": lambda things: CSV.encode(),
    "POST /v1/grants/{grant}/lookup": lambda things: {"keys": ["91320116733160060T"]},
    **INTERFACE_BODIES,
}
# What an operation asks for in its headers.
HEADERS: dict[str, dict[str, str]] = {
    "POST /v1/resources/{resource}/uploads": {
        "tus-resumable": "1.0.0",
        "upload-length": "1000",
        # A file "a.csv", and the digest of nothing.
        "upload-metadata": "filename YS5jc3Y=,digest "
        "c2hhLTI1Nj06NDdERVFwajhIQlNhKy9USW1XKzVKQ2V1UWVSa201Tk1wSldaRzNoU3VGVT06",
    },
}
# Imports come as text/csv, which is refused as such: nobody's pile up.
QUERIES: dict[str, dict[str, str]] = {
    "POST /v1/resources/{resource}/batches": {"mode": "snapshot"},
    CHANGES: {"startingVersion": "0"},
    "GET /v1/log/consistency": {"from": "1", "to": "2"},
    "GET /v1/resources/suggestions": {"q": "企业"},
    **INTERFACE_QUERIES,
}


def example(description: Json, method: str, path: str) -> Any:
    """The first example of an operation's body, None where it takes none."""
    body = description["paths"][path][method.lower()].get("requestBody")
    if body is None:
        return None
    content = body["content"].get("application/json")
    if content is None:
        return None
    examples = content.get("examples")
    if examples:
        return next(iter(examples.values()))["value"]
    return _sample(description, content["schema"])


def _sample(description: Json, schema: Json) -> Any:
    """A value of the schema, put together of its examples as a docs page does it."""
    while "$ref" in schema:
        schema = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if schema.get("examples"):
        return schema["examples"][0]
    if "properties" in schema:
        wanted = schema.get("required", ())
        return {
            name: _sample(description, held)
            for name, held in schema["properties"].items()
            if name in wanted or "examples" in held
        }
    if schema.get("type") == "array":
        return [_sample(description, schema["items"])]
    return None
