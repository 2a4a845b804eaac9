"""What a grant may see, cut out of rows and changes physically.

A served file holds the granted items of the rows that the grant's condition holds of and nothing
else: no other item's values, nothing of a masked value but what its mask shows, no change in
which nothing shown changed. A row that ceases to match is deleted. Whoever asks for marks also
gets two columns of ours that say which rows are irregular or stale, with no flag of another item.
Where the key is not granted, or is masked, a pseudonym stands for it, keyed per grant, so that
changes can be applied and two grantees cannot join what they got.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from services.exchange.narrowing.conditions import Term
from services.exchange.narrowing.rows import admitted, admitted_changes, hidden
from services.exchange.tables.checks import FLAGS, STALE
from services.exchange.tables.difference import BEFORE, CHANGE, Change
from services.exchange.tables.items import Item
from services.exchange.tables.keys import key_text
from shared.crypto import Suite
from shared.narrowing import Mask

# Columns of ours in a served file; the change types are those of Delta's change data feed.
KEY_OUT = "_key"
FLAGS_OUT = "_flags"
STALE_OUT = "_stale"
CHANGE_OUT = "_change_type"

_PSEUDONYM_BYTES = 16
# No item's code begins like this.
_KEY = "$key"


@dataclass(frozen=True, slots=True)
class View:
    """The granted part of a resource. `secret` keys the pseudonyms, None where every key item
    is granted; `marks` adds which rows are irregular or stale."""

    resource: Sequence[Item]
    granted: frozenset[str]
    secret: bytes | None
    suite: Suite
    marks: bool
    # Whether images before show their key alone: what was recalled is not shown again.
    veiled: bool = False
    terms: Sequence[Term] = ()
    masks: Mapping[str, Mask] = field(default_factory=dict)

    @property
    def items(self) -> list[str]:
        """The granted items, in the catalogue's order."""
        return [item.code for item in self.resource if item.code in self.granted]

    @property
    def keys(self) -> list[str]:
        """The key items of the resource, granted or not."""
        return [item.code for item in self.resource if item.key]

    @property
    def pseudonymous(self) -> bool:
        """Whether a key item is not granted, or not shown as it is."""
        return not self.granted.difference(self.masks).issuperset(self.keys)


def rows(frame: pl.DataFrame, view: View) -> pl.DataFrame:
    """Rows of a state as the view shows them."""
    frame = admitted(frame, view.terms)
    shown = hidden(frame, view.masks).select(_shown(view, ""))
    return pl.DataFrame([*_key(frame, view, KEY_OUT), *shown.iter_columns()])


def changes(frame: pl.DataFrame, view: View) -> pl.DataFrame:
    """Changes as the view shows them: an update becomes its image before and its image after,
    a delete carries the image before."""
    frame = admitted_changes(frame, view.terms)
    # By the true key, and only then are the values hidden: equal when shown is unchanged.
    keyed = frame.with_columns(_key(frame, view))
    frame = hidden(keyed, view.masks)
    watched = [*view.items, STALE] if view.marks else view.items
    differ = [pl.col(column).ne_missing(pl.col(BEFORE + column)) for column in watched]
    if view.marks:
        differ.append(_flags(view, FLAGS).ne_missing(_flags(view, BEFORE + FLAGS)))
    touched = pl.any_horizontal(differ)
    frame = frame.filter((pl.col(CHANGE) != Change.UPDATE.value) | touched)
    pieces = []
    for kind, prefix, word in (
        (Change.INSERT, "", "insert"),
        (Change.UPDATE, BEFORE, "update_preimage"),
        (Change.UPDATE, "", "update_postimage"),
        (Change.DELETE, BEFORE, "delete"),
    ):
        part = frame.filter(pl.col(CHANGE) == kind.value)
        key = [pl.col(_KEY).alias(KEY_OUT)] if view.pseudonymous else []
        pieces.append(part.select(*key, pl.lit(word).alias(CHANGE_OUT), *_shown(view, prefix)))
    return pl.concat(pieces)


def _shown(view: View, prefix: str) -> list[pl.Expr]:
    shown = [pl.col(prefix + code).alias(code) for code in view.items]
    if view.veiled and prefix:
        shown = [
            e if c in view.keys else pl.when(pl.lit(value=False)).then(e).alias(c)
            for c, e in zip(view.items, shown, strict=True)
        ]
        if view.marks:
            shown.append(pl.lit(None, dtype=pl.String).alias(FLAGS_OUT))
            shown.append(pl.lit(None, dtype=pl.Boolean).alias(STALE_OUT))
        return shown
    if view.marks:
        shown.append(_flags(view, prefix + FLAGS).alias(FLAGS_OUT))
        shown.append(pl.col(prefix + STALE).alias(STALE_OUT))
    return shown


def _flags(view: View, column: str) -> pl.Expr:
    """The tokens of granted items, blank-separated; null where there is none."""
    item = pl.element().str.split(":").list.first()
    mine = pl.col(column).list.filter(item.is_in(view.items))
    return pl.when(mine.list.len() > 0).then(mine.list.join(" "))


def _key(frame: pl.DataFrame, view: View, name: str = _KEY) -> list[pl.Series]:
    """The pseudonym of each row's key, where the view needs one."""
    if not view.pseudonymous:
        return []
    if view.secret is None:
        raise AssertionError("a view without its key items needs a secret")
    secret, mac = view.secret, view.suite.mac
    joined = frame.select(key_text(view.keys)).to_series()
    made = [mac(secret, key.encode())[:_PSEUDONYM_BYTES].hex() for key in joined]
    return [pl.Series(name, made, dtype=pl.String)]
