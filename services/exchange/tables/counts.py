"""How many rows came in, went in and were kept out."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from services.exchange.tables.reasons import Rule


@dataclass(slots=True)
class Counts:
    """Rows in = accepted + rejected, always. `reasons` counts rejected rows by the first rule
    that each broke, `flags` the flagged findings by rule. `total` is the sum of the item whose
    sum the provider stated, over all rows that arrived whole."""

    rows_in: int = 0
    accepted: int = 0
    rejected: int = 0
    flagged: int = 0
    reasons: Counter[Rule] = field(default_factory=Counter)
    flags: Counter[Rule] = field(default_factory=Counter)
    total: Decimal = Decimal(0)

    def add(self, other: "Counts") -> None:
        """Count another block's rows in."""
        self.rows_in += other.rows_in
        self.accepted += other.accepted
        self.rejected += other.rejected
        self.flagged += other.flagged
        self.reasons.update(other.reasons)
        self.flags.update(other.flags)
        self.total += other.total
