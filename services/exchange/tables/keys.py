"""One text for each key: how rows are named in lookup tables and under pseudonyms."""

from collections.abc import Sequence

import polars as pl


def key_text(keys: Sequence[str], prefix: str = "") -> pl.Expr:
    """The key of each row as one text: the value itself, or for several items each value with
    its length in bytes before it, since ("ab", "c") and ("a", "bc") are two keys."""
    texts = [pl.col(prefix + key).cast(pl.String) for key in keys]
    if len(texts) == 1:
        return texts[0]
    parts = [part for t in texts for part in (t.str.len_bytes().cast(pl.String), pl.lit(":"), t)]
    return pl.concat_str(parts)
