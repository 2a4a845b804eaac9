"""The lines of an answer: what a table is and which files it has, as Delta Sharing writes them.

Source: the Delta Sharing Protocol, response format parquet. Lines are NDJSON.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import orjson

from services.exchange.manifests import Addressed, Manifest
from services.exchange.tables.items import Item, ItemType
from services.exchange.tables.types import PRECISION, scale
from services.exchange.tables.views import KEY_OUT

MEDIA_TYPE = "application/x-ndjson; charset=utf-8"
VERSION_HEADER = "Delta-Table-Version"
_EXACT = (ItemType.NUMERIC, ItemType.CURRENCY)
_TYPES = {
    ItemType.DATE: "date",
    ItemType.DATETIME: "timestamp",
    ItemType.LOGICAL: "boolean",
    ItemType.DOUBLE: "double",
    ItemType.FLOAT: "double",
    ItemType.INTEGER: "long",
}

Json = dict[str, "str | int | bool | Json | list[Json] | None"]


def schema(columns: Sequence[Item], *, pseudonymous: bool, masked: Collection[str] = ()) -> Json:
    """The columns as Delta's schema; each tells its Chinese name as its comment. What a mask
    shows is text."""
    fields = [
        _field(item.code, "string" if item.code in masked else _type(item), item.name)
        for item in columns
    ]
    if pseudonymous:
        fields.insert(0, _field(KEY_OUT, "string", "主键的假名"))
    return {"type": "struct", "fields": [*fields]}


def head(manifest: Manifest) -> list[Json]:
    """The first two lines: the protocol, and what the table is.

    Its id is another one when the data began anew: what a consumer holds of another id is no
    base for changes. The description names source and date (baoji-2017 §18).
    """
    resource, narrowing = manifest.resource, manifest.grant.narrowing
    department = manifest.department_name or str(manifest.grant.provider)
    dated = resource.data_at.isoformat() if resource and resource.data_at else "—"
    files = [file for _, found in manifest.cuts for file in found]
    metadata: Json = {
        "id": f"{manifest.grant.id}-{manifest.epoch}",
        "name": resource.name if resource else str(manifest.grant.resource_id),
        "description": f"来源 · Source: {department}；数据时间 · As of: {dated}",
        "format": {"provider": "parquet", "options": {}},
        "schemaString": orjson.dumps(
            schema(
                manifest.columns,
                pseudonymous=manifest.pseudonymous,
                masked=narrowing.masked if narrowing else (),
            )
        ).decode(),
        "partitionColumns": [],
        "configuration": {"huitong.epoch": str(manifest.epoch)},
        "size": sum(file.address.size for file in files),
        "numFiles": len(files),
    }
    return [{"protocol": {"minReaderVersion": 1}}, {"metaData": metadata}]


def files(manifest: Manifest) -> list[Json]:
    """A snapshot's files."""
    return [
        {"file": _file(file) | {"stats": orjson.dumps({"numRecords": file.rows}).decode()}}
        for _, found in manifest.cuts
        for file in found
    ]


def changes(manifest: Manifest) -> list[Json]:
    """The files of what changed, each with the version and the moment that published it."""
    published = {batch.sequence: batch.finished_at for batch in manifest.batches}
    found: list[Json] = []
    for cut, made in manifest.cuts:
        at = published.get(cut.sequence)
        dated: Json = {"version": cut.sequence, "timestamp": _milliseconds(at) if at else 0}
        found += [{"cdf": _file(file) | dated} for file in made]
    return found


def lines(documents: Iterable[Json]) -> bytes:
    """One document a line."""
    newline = orjson.OPT_APPEND_NEWLINE
    return b"".join(orjson.dumps(document, option=newline) for document in documents)


def _file(file: Addressed) -> Json:
    return {
        "url": file.url,
        # Equal content in two versions is two files to a reader that keeps what it has by id.
        "id": f"{file.address.kind}-{file.address.sequence}-{file.address.digest.hex()}",
        "partitionValues": {},
        "size": file.address.size,
        "expirationTimestamp": _milliseconds(file.address.expires_at),
    }


def _field(name: str, kind: str, comment: str) -> Json:
    return {"name": name, "type": kind, "nullable": True, "metadata": {"comment": comment}}


def _type(item: Item) -> str:
    if item.type in _EXACT:
        return f"decimal({PRECISION},{scale(item)})"
    return _TYPES.get(item.type, "string")


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
