"""What the catalog service is told beyond what every process is."""

from pathlib import Path

from pydantic import Field

from services.catalog.classification import CodePattern
from services.catalog.harvest.addresses import Allowed
from shared import calendars
from shared.rulebooks.vocabulary import Network


class CatalogSettings(calendars.CalendarSettings):
    """The common settings with the working days, and how this installation writes 信息资源代码.

    HUITONG_CODE_PATTERN is JSON, of which every part has a default:
    '{"separator": "/", "sequence_digits": 6}'. `change_notice_days` are the working days that a
    change of what is in the catalogue is announced before it takes effect. `network`, `inner` or
    `outer`, is the one that this installation stands on. `search_index` is a
    folder of this process's host for the search index, in memory when there is none.
    `harvest_hosts` are the hosts that catalogues may be harvested from, `name` or `name:port`;
    `harvest_inner_hosts` those of them that may stand at inner addresses. `service_guide_months` is
    how long the description of a service in the guide is good before its department confirms it.
    `statement_key_file` is a private key in PEM that signs the authority's statements on projects;
    without it they carry their digest alone.
    """

    code_pattern: CodePattern = CodePattern()
    search_index: Path | None = None
    network: Network = Network.INNER
    change_notice_days: int = Field(default=0, ge=0, le=60)
    statement_key_file: Path | None = None
    service_guide_months: int = Field(default=12, ge=1, le=60)
    harvest_hosts: frozenset[str] = frozenset()
    harvest_inner_hosts: frozenset[str] = frozenset()

    @property
    def harvest(self) -> Allowed:
        """Where catalogues that are harvested may stand."""
        return Allowed(self.harvest_hosts, self.harvest_inner_hosts)
