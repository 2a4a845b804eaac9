"""The wire shapes of exchange outside the platform."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from services.exchange.off_platform.models import OffPlatform, Statistics
from services.exchange.off_platform.queries import Figures
from services.exchange.off_platform.rules import FilingState
from services.exchange.outside.schemas import Body, Day, OutsideBody, OutsideView, Text

_FILING: Final[JsonDict] = {
    "name": "车辆登记信息专线交换",
    "information": "机动车登记和检验状态，按号牌",
    "partners": [],
    "other_partners": ["省级垂直管理部门"],
    "direction": "takes",
    "way": "专线，每日导出文件",
    "since": "2024-03-01",
    "reason": "对方系统由省级统一管理，尚不能接入本级平台",
}


class FilingBody(OutsideBody):
    """An exchange that does not go over the platform, and the special reason."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_FILING]})

    reason: Text = Field(description="Why it does not go over the platform.")


class DecisionBody(Body):
    """What the authority says to a filing."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"decision": "record", "remarks": None}]}
    )

    decision: Literal["record", "return"]
    remarks: Text | None = Field(default=None, description="Needed when it is sent back.")

    @model_validator(mode="after")
    def says_why(self) -> Self:
        """Refuse to send back without saying what has to be changed."""
        if self.decision == "return" and self.remarks is None:
            raise ValueError("say in remarks what has to be changed")
        return self


class EndBody(Body):
    """When and why it ended."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"ended_on": "2026-06-30", "reason": "已改由共享平台交换"}]
        },
    )

    ended_on: Day
    reason: Text


class StatisticsBody(Body):
    """What was exchanged in one period."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"times": 92, "rows": 184000, "remarks": None}]},
    )

    times: Annotated[int, Field(ge=0, le=2**53)] = Field(description="How often it took place.")
    rows: Annotated[int, Field(ge=0, le=2**53)] = Field(description="Records in all.")
    remarks: Text | None = None


class FilingView(OutsideView):
    """An exchange outside the platform as it is filed, and which statistics are due next."""

    reason: str
    state: FilingState
    remarks: str | None = Field(description="What the authority said.")
    decided_at: datetime | None
    ended_on: date | None
    months: int = Field(description="The length of a period of its statistics.", examples=[3])
    next_period: str | None = Field(
        description="The first month of the period whose statistics are due next.",
        examples=["2026-07"],
    )
    due_on: date | None
    due_provisional: bool
    overdue: bool

    @classmethod
    def of(cls, filing: OffPlatform, names: Mapping[UUID, str], today: date) -> Self:
        """The filing on a local day."""
        return cls(
            **OutsideView.common(filing, names).model_dump(),
            reason=filing.reason,
            state=filing.state,
            remarks=filing.remarks,
            decided_at=filing.decided_at,
            ended_on=filing.ended_on,
            months=filing.months,
            next_period=filing.next_period,
            due_on=filing.due_on,
            due_provisional=filing.due_provisional,
            overdue=filing.due_on is not None and filing.due_on < today,
        )


class StatisticsView(BaseModel):
    """The statistics of one period."""

    model_config = ConfigDict(from_attributes=True)

    exchange: UUID
    period: str = Field(examples=["2026-07"])
    first_day: date
    last_day: date
    due_on: date
    times: int
    rows: int
    remarks: str | None
    reported_at: datetime
    late: bool
    corrected_at: datetime | None

    @classmethod
    def of(cls, report: Statistics) -> Self:
        """The statistics on the wire."""
        return cls.model_validate(report)


class FiguresView(BaseModel):
    """A department's exchange outside the platform in one year, as it reported."""

    model_config = ConfigDict(from_attributes=True)

    department: UUID
    name: str = Field(examples=["示例市市场监督管理局"])
    exchanges: int = Field(description="On file, and going on in that year.")
    waiting: int = Field(description="Filings that wait for the authority.")
    overdue: int = Field(description="Exchanges whose statistics are late now.")
    reports: int = Field(description="Statistics handed in of that year's periods.")
    late: int = Field(description="Of them, after their last day.")
    times: int
    rows: int

    @classmethod
    def of(cls, figures: Figures) -> Self:
        """The figures on the wire."""
        return cls.model_validate(figures)
