"""The wire shapes of older exchanges."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.exchange.older.migration import OPEN, MigrationState
from services.exchange.older.models import OlderExchange
from services.exchange.older.queries import Progress
from services.exchange.outside.schemas import Body, Day, OutsideBody, OutsideView, Text, Word

_OLDER: Final[JsonDict] = {
    "name": "部门间文件传输交换",
    "information": "企业设立、变更和注销登记",
    "partners": [],
    "other_partners": ["县级登记机关"],
    "direction": "both",
    "way": "每日定时传输文件",
    "since": "2012-06-01",
    "system": "前置文件交换系统",
    "planned_on": None,
}


class OlderDescriptionBody(OutsideBody):
    """An exchange that was there before the platform."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{name: value for name, value in _OLDER.items() if name != "planned_on"}]
        },
    )

    system: Word = Field(description="The system that it goes over.")


class OlderExchangeBody(OlderDescriptionBody):
    """An exchange that was there before the platform, and by when it is to have moved."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_OLDER]})

    planned_on: Day | None = Field(
        default=None, description="By when it is to have moved, where that is planned."
    )


class MoveBody(Body):
    """How far its migration has come."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "state": "planned",
                    "planned_on": "2099-06-30",
                    "resources": [],
                    "remarks": "已列入年度接入计划",
                }
            ]
        },
    )

    state: Literal["planned", "migrating", "migrated", "ended"]
    planned_on: Day | None = Field(
        default=None, description="By when it is to have moved; needed when planned or migrating."
    )
    resources: list[UUID] = Field(
        default=[], max_length=100, description="What takes its place; needed when migrated."
    )
    remarks: Text | None = None


class KeepBody(Body):
    """Why it stays where it is."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"remarks": "涉密网络线路，按规定保留不变"}]},
    )

    remarks: Text


class OlderExchangeView(OutsideView):
    """An older exchange, and where its migration stands."""

    system: str
    state: MigrationState
    planned_on: date | None
    resources: list[UUID]
    remarks: str | None
    moved_at: datetime | None = Field(description="When it last took a step.")
    overdue: bool

    @classmethod
    def of(cls, found: OlderExchange, names: Mapping[UUID, str], today: date) -> Self:
        """The exchange on a local day."""
        late = found.planned_on is not None and found.planned_on < today
        return cls(
            **OutsideView.common(found, names).model_dump(),
            system=found.system,
            state=found.state,
            planned_on=found.planned_on,
            resources=found.resources,
            remarks=found.remarks,
            moved_at=found.moved_at,
            overdue=late and found.state in OPEN,
        )


class ProgressView(BaseModel):
    """How far a department's older exchanges have moved."""

    department: UUID
    name: str = Field(examples=["示例市公安局"])
    states: dict[MigrationState, int] = Field(examples=[{"planned": 2, "migrated": 5}])
    total: int
    overdue: int

    @classmethod
    def of(cls, progress: Progress) -> Self:
        """The progress on the wire."""
        return cls(
            department=progress.department,
            name=progress.name,
            states=progress.states,
            total=sum(progress.states.values()),
            overdue=progress.overdue,
        )
