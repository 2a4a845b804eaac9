"""The wire shapes of service counters."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.exchange.counters.asking import Told
from services.exchange.manifest_schemas import SourceView
from shared.texts import filled, printable

Value = Annotated[str, Field(max_length=512), AfterValidator(printable), AfterValidator(filled)]


class CounterBody(BaseModel):
    """One person or firm, and what for."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"key": "91320116733160060T", "purpose": "核对新设企业的税务登记"}]
        },
    )

    key: Value | Annotated[list[Value], Field(min_length=1, max_length=20)] = Field(
        description="The key of one row; of a key of several items, a list of their values."
    )
    purpose: Annotated[str, Field(max_length=4000), AfterValidator(printable)] = Field(
        description="The purpose of the grant that this is asked under, as the grant has it."
    )


class FactView(BaseModel):
    """One item, as a person reads it; no text where nothing is registered."""

    model_config = ConfigDict(from_attributes=True)

    code: str = Field(examples=["name"])
    name: str = Field(examples=["企业名称"])
    text: str | None = Field(examples=["南京红健气体有限公司"])


class CounterView(BaseModel):
    """What the platform has of one person or firm, to be read out at the counter."""

    grant: UUID
    found: bool
    sentence: str = Field(
        examples=[
            "据示例市市场监督管理局《企业法人登记信息》（数据日期2026年3月2日），企业名称：南京红健"
            "气体有限公司。以上信息平台已有，无须申请人另行提供。"
        ]
    )
    facts: list[FactView]
    purpose: str
    source: SourceView
    asked_at: datetime

    @classmethod
    def of(cls, grant: UUID, told: Told) -> Self:
        """The answer on the wire."""
        resource = told.resource
        return cls(
            grant=grant,
            found=told.answer.found,
            sentence=told.answer.sentence,
            facts=[FactView.model_validate(fact) for fact in told.answer.facts],
            purpose=told.purpose,
            source=SourceView(
                resource=resource.id,
                name=resource.name,
                department=resource.provider,
                department_name=resource.provider_name,
                data_at=resource.data_at,
            ),
            asked_at=told.at,
        )
