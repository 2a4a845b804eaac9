"""What the public reads of an entry: plain words, gathered once for pages and for machines."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Self
from uuid import UUID

from services.catalog import formats
from services.catalog.announced import rules
from services.catalog.classification import TOPICS
from services.catalog.installation import Installation
from services.catalog.items import Openness
from services.catalog.models import ResourceVersion
from shared.events.catalog import ShareMethod, ShareType, UpdateCycle

SHARE_TYPES: Final = {
    ShareType.UNCONDITIONAL: "无条件共享",
    ShareType.CONDITIONAL: "有条件共享",
}
CYCLES: Final = {
    UpdateCycle.REAL_TIME: "实时",
    UpdateCycle.DAILY: "每日",
    UpdateCycle.WEEKLY: "每周",
    UpdateCycle.MONTHLY: "每月",
    UpdateCycle.QUARTERLY: "每季度",
    UpdateCycle.HALF_YEARLY: "每半年",
    UpdateCycle.YEARLY: "每年",
    UpdateCycle.IRREGULAR: "不定期",
}
OPENNESS: Final = {
    Openness.OPEN: "向社会开放",
    Openness.CONDITIONAL: "有条件向社会开放",
    Openness.CLOSED: "不向社会开放",
}
_TOPICS: Final = {topic: label for topics in TOPICS.values() for topic, label in topics.items()}


@dataclass(frozen=True, slots=True)
class Provider:
    """Whose data it is."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as the public reads it; None where it does not say."""

    id: UUID
    code: str | None
    name: str
    abstract: str | None
    provider: Provider
    topic: str | None
    topic_name: str | None
    format: str | None
    share_type: ShareType
    share_condition: str | None
    share_methods: tuple[ShareMethod, ...]
    openness: Openness | None
    open_condition: str | None
    cycle: UpdateCycle | None
    published_on: date | None
    items: tuple[str, ...]

    @classmethod
    def of(cls, version: ResourceVersion, here: Installation) -> Self:
        """A version as the public reads it; items and department must be loaded."""
        entry, resource = version.entry, version.resource
        topic = entry.classification.topic if entry.classification else None
        kind = formats.CHINESE[entry.format.kind] if entry.format else None
        return cls(
            id=resource.id,
            code=resource.code,
            name=entry.name,
            abstract=entry.abstract,
            provider=Provider(resource.provider, resource.department.name),
            topic=topic,
            topic_name=_TOPICS[topic] if topic else None,
            format=kind,
            share_type=entry.share_type or ShareType.CONDITIONAL,
            share_condition=entry.share_condition,
            share_methods=entry.share_methods,
            openness=entry.openness,
            open_condition=entry.open_condition,
            cycle=entry.update_cycle,
            published_on=here.day_of(version.published_at) if version.published_at else None,
            items=tuple(item.name for item in rules.public_items(entry.items)),
        )
