"""The law and the customs of the place that this installation serves."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Self

from services.catalog.classification import CodePattern
from services.catalog.settings import CatalogSettings
from services.catalog.workflow import Act
from shared import clock, rulebooks
from shared.principal import Principal
from shared.rulebooks import Rulebook


@dataclass(frozen=True, slots=True)
class Installation:
    """One installation's rulebook, its time zone, and its pattern of codes."""

    rulebook_id: str
    timezone: str
    code_pattern: CodePattern

    @classmethod
    def of(cls, settings: CatalogSettings) -> Self:
        """The installation that the settings describe."""
        return cls(settings.rulebook, settings.timezone, settings.code_pattern)

    def act(self, by: Principal) -> Act:
        """What `by` does now, under the rulebook as it is in force today."""
        at = clock.now()
        return Act(by, at, _in_force(self.rulebook_id, clock.local_date(at, self.timezone)))


@lru_cache(maxsize=4)
def _in_force(rulebook_id: str, on: date) -> Rulebook:
    return rulebooks.load(rulebook_id, on)
