"""The wire shapes of mappings."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.catalog.bulk.found import Severity
from services.catalog.mappings.models import MappingVersion
from services.catalog.schemas import Word

_COLUMNS = {"资源名称": "name", "共享属性": "share_type", "字段": "items.code"}
_VALUES = {"share_type": {"1": "conditional", "2": "unconditional", "3": "not-shared"}}


def _no_nul(text: str) -> str:
    if not text.isprintable():
        raise ValueError("printable characters only")
    return text


Theirs = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_no_nul)]


class MappingBody(BaseModel):
    """What a mapping says."""

    model_config = ConfigDict(extra="forbid")

    product: Word = Field(
        description="Whose columns and codes these are.", examples=["某省目录系统 3.2"]
    )
    columns: Annotated[dict[Theirs, Theirs], Field(max_length=500)] = Field(
        default={},
        description="Their heading or member to the path of our field; items' as `items.code`.",
        examples=[_COLUMNS],
    )
    values: Annotated[
        dict[Theirs, Annotated[dict[Theirs, Theirs], Field(max_length=2000)]],
        Field(max_length=100),
    ] = Field(
        default={},
        description="By the path of our field: their code to our word, Chinese or as the API has "
        "it.",
        examples=[_VALUES],
    )


class MappingView(BaseModel):
    """代码映射: one version of a named mapping."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(examples=["province-3"])
    number: int = Field(description="The version, from 1.")
    product: str
    columns: dict[str, str] = Field(examples=[_COLUMNS])
    values: dict[str, dict[str, str]] = Field(examples=[_VALUES])
    actor: str
    written_at: datetime

    @classmethod
    def of(cls, version: MappingVersion) -> Self:
        """The wire shape of a version."""
        return cls.model_validate(version)


class PreviewBody(MappingBody):
    """A mapping to try, and rows of the other product to try it on."""

    headings: Annotated[list[Theirs], Field(min_length=1, max_length=200)] = Field(
        examples=[["编号", "资源名称", "共享属性"]]
    )
    rows: Annotated[
        list[Annotated[list[Annotated[str, Field(max_length=4000)]], Field(max_length=200)]],
        Field(max_length=50),
    ] = Field(examples=[[["7", "公共停车场名录", "2"]]])


class PreviewCell(BaseModel):
    """What one cell comes to, or why it comes to nothing."""

    heading: str
    field: str | None = Field(description="Null: the heading means nothing here.")
    told: str | int | bool | list[str] | None
    code: str | None = Field(description="What is wrong, if anything.")
    severity: Severity | None
    zh: str | None
    en: str | None


class PreviewView(BaseModel):
    """What the rows come to under the mapping: nothing is kept."""

    rows: list[list[PreviewCell]]
