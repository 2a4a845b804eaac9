"""The table's lines of what does not go over the platform."""

from tests.matrix.cells import (
    ANSWERED,
    UNKNOWN,
    Cell,
    everybody,
    not_the_authoritys,
    overseen,
    unknown,
)

_OF_ONE = "/v1/off-platform-exchanges/{exchange}"
# The city's rulebook knows no exchange outside the platform, so nobody has one on file.
_NOT_THERE = (
    f"GET {_OF_ONE}",
    f"PUT {_OF_ONE}",
    f"POST {_OF_ONE}/record",
    f"POST {_OF_ONE}/end",
    f"GET {_OF_ONE}/history",
    f"GET {_OF_ONE}/statistics",
    f"GET {_OF_ONE}/statistics/{{period}}",
    f"PUT {_OF_ONE}/statistics/{{period}}",
)
_LISTS = (
    "GET /v1/off-platform-exchanges",
    "POST /v1/off-platform-exchanges",
    "GET /v1/off-platform-statistics",
    "GET /v1/older-exchanges",
    "POST /v1/older-exchanges",
    "GET /v1/migration-progress",
)

OUTSIDE: dict[str, tuple[Cell, ...]] = {
    **{operation: (everybody(),) for operation in _LISTS},
    **{operation: (unknown(),) for operation in _NOT_THERE},
    "GET /v1/older-exchanges/{exchange}": (overseen(),),
    "GET /v1/older-exchanges/{exchange}/history": (overseen(),),
    "PUT /v1/older-exchanges/{exchange}": (not_the_authoritys("older-exchange-not-yours"),),
    "POST /v1/older-exchanges/{exchange}/move": (not_the_authoritys("older-exchange-not-yours"),),
    "POST /v1/older-exchanges/{exchange}/keep": (
        Cell("older-exchange-not-the-authority", UNKNOWN, ANSWERED, UNKNOWN),
    ),
}
