"""What stands in the service guide, who says so, and how long that is good. Pure.

jiangsu-2012 §20: the authority and the other agencies draw up a guide to information services and
bring it up to date as the public's needs go. Where a rulebook knows no guide, there is none.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from shared.errors import Conflict, Forbidden, NotFound
from shared.rulebooks import Rulebook

# A reminder is given when no more working days than these are left.
REMINDER_DAYS: Final = 10
# An office has a line of its own; eleven digits from 13 to 19 are somebody's own telephone.
_MOBILE: Final = re.compile(r"^(\+?86)?1[3-9]\d{9}$")
_TELEPHONE: Final = re.compile(r"^\+?[0-9][0-9 ()\-]{1,28}[0-9]$")
_WEB: Final = re.compile(r"^https?://[^\s/?#@\"'<>\\]+([/?#][^\s\"'<>\\]*)?$")


class GuideState(StrEnum):
    """Where the latest description of a service stands."""

    COMPILED = "compiled"
    RETURNED = "returned"
    PUBLISHED = "published"
    ENDED = "ended"


class ChannelKind(StrEnum):
    """How the public comes to a service."""

    WEB = "web"
    WINDOW = "window"
    TELEPHONE = "telephone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way to a service: an address of the web, an office's window, an office's telephone."""

    kind: ChannelKind
    address: str
    hours: str | None


class ServiceUnknown(NotFound):
    """There is no such service in the guide for the caller."""

    code = "service-unknown"
    title = "Service unknown"


class GuideNotInRulebook(Conflict):
    """The rulebook knows no guide to public services."""

    code = "service-guide-not-in-rulebook"
    title = "No service guide in this rulebook"


class ServiceNotYours(Forbidden):
    """A department describes its own services; the region's authority confirms them."""

    code = "service-not-yours"
    title = "Not your service"


class ServiceStateUnfit(Conflict):
    """The service does not stand where the step begins."""

    code = "service-state-unfit"
    title = "Not the state for it"


class ServiceRemarksMissing(Conflict):
    """Who sends a description back says what is wrong with it."""

    code = "service-remarks-missing"
    title = "Remarks missing"


class ServiceNamesake(Conflict):
    """The department's guide has a service of that name."""

    code = "service-namesake"
    title = "There already"


class ServiceResourcesUnknown(Conflict):
    """A related resource is not in the catalogue."""

    code = "service-resources-unknown"
    title = "Resources unknown"


def article_of(rulebook: Rulebook) -> str:
    """The article that wants the guide. Raises GuideNotInRulebook."""
    if not is_kept(rulebook):
        raise GuideNotInRulebook("This rulebook knows no guide to public information services.")
    return str(rulebook.service_guide.article)


def is_kept(rulebook: Rulebook) -> bool:
    """Whether there is a guide under this rulebook."""
    return not rulebook.service_guide.silent and rulebook.service_guide.value


def fault_of(kind: ChannelKind, address: str) -> str | None:
    """What is wrong with the address of a channel; None when nothing is."""
    match kind:
        case ChannelKind.WEB if not _WEB.match(address):
            return "an address that begins with https:// or http://, without spaces"
        case ChannelKind.TELEPHONE if _MOBILE.match(re.sub(r"[ ()\-]", "", address)):
            return "the office's telephone, and nobody's own"
        case ChannelKind.TELEPHONE if not _TELEPHONE.match(address):
            return "digits with spaces, brackets or hyphens"
    return None


def months_later(day: date, months: int) -> date:
    """The same day some months later, or the last day of that month where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
