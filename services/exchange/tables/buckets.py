"""Rows spread by their key over buckets that fit into memory, spilled to a scratch shelf."""

import math
from collections.abc import Sequence

import polars as pl

from services.exchange.tables.shelf import Part, Scratch

_HASH = "$bucket"


def count_for(size: int, bucket: int) -> int:
    """How many buckets `size` bytes need so that one is about `bucket` bytes; at least one."""
    return max(1, math.ceil(size / bucket))


class Buckets:
    """Rows with equal keys always share a bucket, within one process's life.

    One bucket alone stays in memory; more are written to the scratch shelf as rows come in, so
    that only one of them is ever in memory again.
    """

    def __init__(self, scratch: Scratch, keys: Sequence[str], count: int) -> None:
        self.count = count
        self._scratch = scratch
        self._keys = list(keys)
        self._kept: list[pl.DataFrame] = []
        self._spilled: list[list[Part]] = [[] for _ in range(count)]

    def add(self, frame: pl.DataFrame) -> None:
        """Spread rows."""
        if not frame.height:
            return
        if self.count == 1:
            self._kept.append(frame)
            return
        hashed = frame.with_columns((pl.struct(self._keys).hash() % self.count).alias(_HASH))
        for (number, *_), rows in hashed.partition_by(
            _HASH, as_dict=True, include_key=False
        ).items():
            self._spilled[number].append(self._scratch.put(rows))

    def take(self, number: int, schema: pl.Schema) -> pl.DataFrame:
        """The rows of one bucket, which is empty afterwards; `schema` is that of no rows."""
        if self.count == 1:
            frames, self._kept = self._kept, []
        else:
            parts, self._spilled[number] = self._spilled[number], []
            # Equal rows may share one file with another bucket: all of them go at the end.
            frames = [self._scratch.get(part) for part in parts]
        return pl.concat(frames) if frames else pl.DataFrame(schema=schema)
