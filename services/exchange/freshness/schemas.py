"""The wire shapes of freshness."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from services.exchange.freshness import rules
from services.exchange.freshness.queries import Standing
from services.exchange.freshness.rules import Expected, Timeliness
from services.exchange.jurisdiction import Jurisdiction, Moment
from shared.events.catalog import UpdateCycle


class FreshnessView(BaseModel):
    """Whether a resource's data comes as often as its entry in the catalogue promises."""

    resource: UUID
    name: str = Field(examples=["企业法人登记信息"])
    provider: UUID
    provider_name: str | None = Field(examples=["示例市市场监督管理局"])
    update_cycle: UpdateCycle
    data_at: datetime | None = Field(description="When the newest data was handed in.")
    confirmed_at: datetime | None = Field(
        description="When the provider last said that nothing had changed."
    )
    timeliness: Timeliness
    expected_on: date | None = Field(
        description="The day on which newer data is expected; null where the cycle names none."
    )
    last_on: date | None = Field(description="The last day on which it is not late.")
    provisional: bool = Field(description="Counted through days that nobody has announced yet.")
    working_days_late: int = Field(examples=[0])
    article: str | None = Field(examples=["baoji-2017 §11"])

    @classmethod
    def of(
        cls, found: Standing, expected: Expected | None, here: Jurisdiction, now: Moment
    ) -> Self:
        """How it stands now."""
        freshness, resource = found.freshness, found.resource
        late = 0
        if expected is not None:
            late = rules.working_days_over(expected.last, now.today, here.calendar)
        return cls(
            resource=resource.id,
            name=resource.name,
            provider=resource.provider,
            provider_name=found.provider_name,
            update_cycle=freshness.cycle,
            data_at=resource.data_at,
            confirmed_at=freshness.confirmed_at,
            timeliness=expected.timeliness(now.today) if expected else Timeliness.UNTIMED,
            expected_on=expected.on if expected else None,
            last_on=expected.last if expected else None,
            provisional=expected.provisional if expected else False,
            working_days_late=late,
            article=rules.article_of(now.rulebook),
        )
