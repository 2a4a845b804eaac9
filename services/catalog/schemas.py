"""The wire shapes of what the catalogue is told."""

import unicodedata
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from services.catalog import classification, conditions, formats, items
from services.catalog.classification import Attribute, Level, Topic
from services.catalog.entry import Entry
from services.catalog.formats import FormatClass
from services.catalog.items import Openness
from services.catalog.workflow import Verdict
from shared.events.catalog import (
    Grade,
    ItemType,
    Secrecy,
    ShareMethod,
    ShareType,
    Standard,
    UpdateCycle,
)
from shared.rulebooks.vocabulary import BasicCategory
from shared.rulebooks.vocabulary import LegalBasis as BasisKind


def _printable(text: str) -> str:
    """Refuse what no clerk types and no database stores: control characters and surrogates."""
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t" for c in text):
        raise ValueError("control characters are not text")
    return text.strip()


def _filled(text: str) -> str:
    if not text:
        raise ValueError("must not be blank")
    return text


# Longer than any rule allows, so that the rule answers with its article and not the parser.
Text = Annotated[str, Field(max_length=4000), AfterValidator(_printable)]
Word = Annotated[str, Field(max_length=200), AfterValidator(_printable)]
Name = Annotated[str, Field(max_length=500), AfterValidator(_printable), AfterValidator(_filled)]


class Body(BaseModel):
    """What comes from outside: a field that nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid")


class ClassificationBody(Body):
    """信息资源分类: a place in the tree by attribute."""

    attribute: Attribute
    topic: Topic = Field(description="项, under its class; see the guide's list.")
    branch: Word | None = Field(default=None, description="目: three digits of the installation.")
    detail: Word | None = Field(default=None, description="细目: digits under a branch.")

    def place(self) -> classification.Classification:
        """The place as the rules see it."""
        return classification.Classification(
            attribute=self.attribute, topic=self.topic, branch=self.branch, detail=self.detail
        )


class FormatBody(Body):
    """信息资源格式: class and type."""

    kind: FormatClass = Field(description="格式分类.")
    type: Word = Field(description="The usual file or product name.", examples=["mysql"])


class LegalBasisBody(Body):
    """不予共享的依据."""

    kind: BasisKind
    citation: Text = Field(description="Down to the article.")


class ItemBody(Body):
    """信息项."""

    code: Word = Field(description="The ASCII column name.", examples=["uscc"])
    name: Name = Field(description="信息项名称.", examples=["统一社会信用代码"])
    type: ItemType = Field(
        description="数据类型: "
        + " ".join(f"{kind.value} {chinese}" for kind, chinese in items.CHINESE.items())
    )
    length: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        default=None, description="Characters of 字符型, digits of 数值型, 货币型 and 整型."
    )
    scale: Annotated[int, Field(ge=0, le=100)] | None = Field(
        default=None, description="Digits after the decimal point, part of the length."
    )
    key: bool = Field(default=False, description="Identifies the row, alone or with other keys.")
    required: bool = False
    basic: bool = Field(default=False, description="基础信息项 of a base resource.")
    secrecy: Secrecy = Secrecy.NONE
    share_type: ShareType | None = Field(default=None, description="Null: as the entry.")
    openness: Openness = Openness.CLOSED
    standard: Standard = Standard.NONE

    def item(self) -> items.Item:
        """The item as the rules see it."""
        return items.Item(
            code=self.code,
            name=self.name,
            type=self.type,
            length=self.length,
            scale=self.scale,
            key=self.key,
            required=self.required,
            basic=self.basic,
            secrecy=self.secrecy,
            share_type=self.share_type,
            openness=self.openness,
            standard=self.standard,
        )


class EntryBody(Body):
    """What a compiler states of a resource. Only the name is needed to begin a draft."""

    name: Name = Field(description="信息资源名称: of the information, not of a system.")
    provider_unit: Word | None = Field(default=None, description="提供方内设机构.")
    classification: ClassificationBody | None = None
    level: Level | None = Field(default=None, description="层级: whose catalogue it belongs to.")
    basic_category: BasicCategory | None = Field(
        default=None,
        description="The whole is 行政执法结果, 公共服务设施 or the like, which a rulebook may "
        "want unconditional.",
    )
    abstract: Text | None = Field(default=None, description="信息资源摘要, at most 256 characters.")
    format: FormatBody | None = None
    secrecy: Secrecy = Field(default=Secrecy.NONE, description="涉密 of the whole.")
    grade: Grade = Grade.ORDINARY
    share_type: ShareType | None = None
    share_condition: Text | None = Field(
        default=None, description="共享条件. Never a price or a fee."
    )
    legal_basis: LegalBasisBody | None = Field(default=None, description="For what is not shared.")
    share_methods: Annotated[list[ShareMethod], Field(max_length=10)] = []
    openness: Openness | None = None
    open_condition: Text | None = None
    update_cycle: UpdateCycle | None = None
    related: Annotated[list[UUID], Field(max_length=100)] = Field(
        default=[], description="关联资源: ids of published resources that this one reuses."
    )
    items: Annotated[list[ItemBody], Field(max_length=1000)] = []

    def entry(self) -> Entry:
        """The entry as the rules see it."""
        format_, basis, place = self.format, self.legal_basis, self.classification
        return Entry(
            name=self.name,
            provider_unit=self.provider_unit,
            classification=place.place() if place else None,
            level=self.level,
            basic_category=self.basic_category,
            abstract=self.abstract,
            format=formats.Format(format_.kind, format_.type) if format_ else None,
            secrecy=self.secrecy,
            grade=self.grade,
            share_type=self.share_type,
            share_condition=self.share_condition,
            legal_basis=conditions.LegalBasis(basis.kind, basis.citation) if basis else None,
            share_methods=tuple(dict.fromkeys(self.share_methods)),
            openness=self.openness,
            open_condition=self.open_condition,
            update_cycle=self.update_cycle,
            related=tuple(dict.fromkeys(self.related)),
            items=tuple(item.item() for item in self.items),
        )


class ReviewBody(Body):
    """A reviewer's decision."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"decision": "return", "remarks": "补充信息项“注册地址”"}]},
    )

    decision: Verdict
    remarks: Text | None = Field(default=None, description="What to mend; needed for a return.")

    @model_validator(mode="after")
    def _return_says_why(self) -> Self:
        if self.decision is Verdict.RETURN and not self.remarks:
            raise ValueError("a return needs remarks")
        return self


class SecrecyReviewBody(ReviewBody):
    """What the secrecy review (保密审查) decides, and what it found."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"decision": "pass", "found": ["personal-privacy"], "remarks": "含个人联系方式"}
            ]
        },
    )

    found: Annotated[list[Secrecy], Field(max_length=10)] = Field(
        default=[],
        description="What of secrets or privacy you found in the whole and its items; to pass, "
        "it must be what the entry states. Empty: nothing.",
    )
