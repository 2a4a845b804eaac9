"""The table for Delta Sharing: grants as tables, and lists of them by their names."""

from tests.matrix.cells import Cell, everybody, unknown

_SHARE = "/v1/delta-sharing/shares/{share}"
_TABLE = f"{_SHARE}/schemas/{{schema}}/tables/{{grant}}"
CHANGES = f"GET {_TABLE}/changes"

DELTA_TABLES = (
    f"GET {_TABLE}/version",
    f"GET {_TABLE}/metadata",
    f"POST {_TABLE}/query",
    CHANGES,
)
DELTA_LISTS: dict[str, tuple[Cell, ...]] = {
    "GET /v1/delta-sharing/shares": (everybody(),),
    # A name that nobody shares under.
    f"GET {_SHARE}": (unknown(),),
    f"GET {_SHARE}/all-tables": (unknown(),),
    f"GET {_SHARE}/schemas": (unknown(),),
    f"GET {_SHARE}/schemas/{{schema}}/tables": (unknown(),),
}
