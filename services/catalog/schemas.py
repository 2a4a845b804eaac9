"""The wire shapes of what the catalogue is told."""

from collections.abc import Mapping
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from services.catalog import classification, conditions, formats, items
from services.catalog.classification import Attribute, Level, Topic
from services.catalog.entry import Entry
from services.catalog.formats import FormatClass
from services.catalog.items import Openness
from services.catalog.standards import elements
from services.catalog.standards.elements import DataElement
from services.catalog.workflow import Verdict
from shared.errors import Conflict, FieldError
from shared.events.catalog import (
    Grade,
    ItemType,
    Secrecy,
    ShareMethod,
    ShareType,
    Standard,
    UpdateCycle,
)
from shared.rulebooks.vocabulary import BasicCategory, MustShare
from shared.rulebooks.vocabulary import LegalBasis as BasisKind
from shared.texts import filled, printable

# Longer than any rule allows, so that the rule answers with its article and not the parser.
Text = Annotated[str, Field(max_length=4000), AfterValidator(printable)]
Word = Annotated[str, Field(max_length=200), AfterValidator(printable)]
Name = Annotated[str, Field(max_length=500), AfterValidator(printable), AfterValidator(filled)]


class TypeOpen(Conflict):
    """An item leaves its type to a data element that the registry does not have."""

    code = "item-type-open"
    title = "Item type open"


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
    element: Annotated[str, Field(pattern=f"^{elements.CODE.pattern}$")] | None = Field(
        default=None,
        description="数据元: a code of the registry, which brings type, length and standard along.",
        examples=["unified-social-credit-code"],
    )
    type: ItemType | None = Field(
        default=None,
        validate_default=True,
        description="数据类型: "
        + " ".join(f"{kind.value} {chinese}" for kind, chinese in items.CHINESE.items())
        + "; null: as the data element says.",
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

    @field_validator("type")
    @classmethod
    def _is_stated(cls, told: ItemType | None, info: ValidationInfo) -> ItemType | None:
        if told is None and info.data.get("element") is None:
            raise ValueError("state the type, or a data element that has one")
        return told

    def item(self, known: Mapping[str, DataElement]) -> items.Item:
        """The item as the rules see it: what it leaves open is as its data element says.

        Raises TypeOpen where it states no type and its element is not among `known`.
        """
        element = known.get(self.element) if self.element is not None else None
        kind = self.type or (element.type if element is not None else None)
        if kind is None:
            raise TypeOpen(
                f"The item {self.code} names no type, and the registry has no data element "
                f"{self.element} to take it from.",
                errors=[FieldError("element", "unknown", "No such data element.")],
            )
        same = element is not None and element.type is kind
        brought = element if same and element is not None else None
        standard = self.standard
        if brought is not None and standard is Standard.NONE:
            standard = brought.standard
        return items.Item(
            code=self.code,
            name=self.name,
            type=kind,
            length=brought.length if brought and self.length is None else self.length,
            scale=brought.scale if brought and self.scale is None else self.scale,
            key=self.key,
            required=self.required,
            basic=self.basic,
            secrecy=self.secrecy,
            share_type=self.share_type,
            openness=self.openness,
            standard=standard,
            element=self.element,
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
    must_share: MustShare | None = Field(
        default=None,
        description="应当共享的信息: the kind of it, where its place in the tree does not say.",
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

    @property
    def elements(self) -> frozenset[str]:
        """The codes of the data elements that its items name."""
        return frozenset(item.element for item in self.items if item.element is not None)

    def entry(self, known: Mapping[str, DataElement] | None = None) -> Entry:
        """The entry as the rules see it, by the data elements that are known.

        None: by those that the platform brings along. Raises TypeOpen.
        """
        registry = elements.shipped() if known is None else known
        format_, basis, place = self.format, self.legal_basis, self.classification
        return Entry(
            name=self.name,
            provider_unit=self.provider_unit,
            classification=place.place() if place else None,
            level=self.level,
            basic_category=self.basic_category,
            must_share=self.must_share,
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
            items=tuple(item.item(registry) for item in self.items),
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
