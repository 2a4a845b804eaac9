"""The table's lines of interfaces of providers' systems; nobody in the city has registered one."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.matrix.cells import UNKNOWN, Cell, everybody, own_only, unknown

_API = "/v1/resources/{resource}/api"
_CALL = "/v1/served-calls/{call}"
_NOT_THERE = (
    f"GET {_API}",
    f"GET {_API}/definitions",
    f"PUT {_API}/credential",
    f"POST {_API}/enable",
    f"POST {_API}/disable",
    f"POST {_API}/operations/{{operation}}/test",
    f"GET {_API}/outages",
    f"POST {_CALL}/accept",
    f"POST {_CALL}/answer",
    f"POST {_CALL}/fail",
    "GET /v1/grants/{grant}/api",
    "GET /v1/grants/{grant}/api/outages",
)

INTERFACES: dict[str, tuple[Cell, ...]] = {
    **{operation: (unknown(),) for operation in _NOT_THERE},
    # At a host that no installation allows.
    f"PUT {_API}": (own_only(),),
    "POST /v1/served-calls": (everybody(),),
    "POST /v1/grants/{grant}/api/{operation}": (
        Cell(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, suspended="department-suspended"),
    ),
}
INTERFACE_BODIES: dict[str, Callable[[Mapping[str, str]], Any]] = {
    f"PUT {_API}": lambda things: {
        "way": "address",
        "address": "https://api.example.gov.cn/v2",
        "operations": [{"name": "by-id", "about": "查询", "path": "/q", "items": ["name"]}],
    },
    "POST /v1/served-calls": lambda things: {"seconds": 0},
    f"POST {_CALL}/answer": lambda things: b"{}",
    f"POST {_CALL}/fail": lambda things: {"wrong": "late"},
}
INTERFACE_QUERIES = {f"POST {_CALL}/answer": {"status": "200"}}
