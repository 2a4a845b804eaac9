"""The wire shapes of what the catalogue answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.catalog.classification import Attribute, Level, Topic
from services.catalog.formats import FormatClass
from services.catalog.items import Openness
from services.catalog.models import Department, ResourceStep, ResourceVersion
from services.catalog.workflow import Action, State
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

_RESOURCE = "0197c1ee-1f00-7c11-9b00-0242ac120002"
_MARKET = "0197c1e0-0000-7000-8000-000000000002"


class _View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ProviderView(_View):
    """信息资源提供方."""

    id: UUID = Field(examples=[_MARKET])
    name: str = Field(examples=["示例市市场监督管理局"])
    credit_code: str = Field(description="统一社会信用代码.")
    region: str = Field(examples=["610000/610300"])


class FormerProviderView(BaseModel):
    """Who provided a version, under the name of its time, where that has another name now."""

    id: UUID = Field(examples=[_MARKET])
    name: str = Field(examples=["示例市工商行政管理局"])
    credit_code: str = Field(description="统一社会信用代码.")


class PlaceView(_View):
    """信息资源分类: a place in the tree by attribute."""

    attribute: Attribute
    topic: Topic
    branch: str | None
    detail: str | None


class FormatView(_View):
    """信息资源格式."""

    kind: FormatClass
    type: str


class BasisView(_View):
    """不予共享的依据."""

    kind: BasisKind
    citation: str


class ItemView(_View):
    """信息项."""

    code: str
    name: str
    type: ItemType
    length: int | None
    scale: int | None
    key: bool
    required: bool
    basic: bool
    secrecy: Secrecy
    share_type: ShareType | None
    openness: Openness
    standard: Standard
    element: str | None = Field(description="数据元: its code in the registry.")


class _Shown(BaseModel):
    """Which resource, and which version of it."""

    id: UUID = Field(examples=[_RESOURCE])
    code: str | None = Field(
        description="信息资源代码, given at the first publication.", examples=["102/000001"]
    )
    provider: ProviderView
    version: int = Field(description="The number of the version shown.")
    published_version: int | None = Field(
        description="The number of the version in the catalogue now; null when there is none."
    )
    state: State = Field(description="Where the version shown stands.")
    published_at: datetime | None = Field(description="发布日期 of the version shown.")


class ResourceSummary(_Shown):
    """A resource in a list: the version of it that concerns you."""

    name: str = Field(examples=["法人单位基本信息"])
    classification: PlaceView | None
    share_type: ShareType | None
    grade: Grade
    update_cycle: UpdateCycle | None

    @classmethod
    def of(cls, version: ResourceVersion) -> Self:
        """The wire shape of a version; its resource and department must be loaded."""
        resource = version.resource
        return cls(
            id=resource.id,
            code=resource.code,
            provider=_provider(resource.department),
            version=version.number,
            published_version=resource.in_catalogue,
            state=version.state,
            published_at=version.published_at,
            name=version.name,
            classification=_place(version),
            share_type=version.share_type,
            grade=version.grade,
            update_cycle=version.update_cycle,
        )


class ResourceView(ResourceSummary):
    """A resource with all its core metadata and items."""

    provider_unit: str | None
    level: Level | None
    basic_category: BasicCategory | None
    must_share: MustShare | None
    abstract: str | None
    format: FormatView | None
    secrecy: Secrecy
    share_condition: str | None
    legal_basis: BasisView | None
    share_methods: list[ShareMethod]
    openness: Openness | None
    open_condition: str | None
    related: list[UUID]
    items: list[ItemView]
    rulebook: str | None = Field(description="Under which this version was published.")
    rulebook_version: str | None
    formerly: FormerProviderView | None = Field(
        description="The provider as it was called when this version was published; null where "
        "`provider` is still called so."
    )

    @classmethod
    def of(cls, version: ResourceVersion) -> Self:
        """The wire shape of a version; resource, department and items must be loaded."""
        resource, entry = version.resource, version.entry
        return cls(
            id=resource.id,
            code=resource.code,
            provider=_provider(resource.department),
            version=version.number,
            published_version=resource.in_catalogue,
            state=version.state,
            published_at=version.published_at,
            name=entry.name,
            classification=_place(version),
            share_type=entry.share_type,
            grade=entry.grade,
            update_cycle=entry.update_cycle,
            provider_unit=entry.provider_unit,
            level=entry.level,
            basic_category=entry.basic_category,
            must_share=entry.must_share,
            abstract=entry.abstract,
            format=FormatView.model_validate(entry.format) if entry.format else None,
            secrecy=entry.secrecy,
            share_condition=entry.share_condition,
            legal_basis=BasisView.model_validate(entry.legal_basis) if entry.legal_basis else None,
            share_methods=list(entry.share_methods),
            openness=entry.openness,
            open_condition=entry.open_condition,
            related=list(entry.related),
            items=[ItemView.model_validate(item) for item in entry.items],
            rulebook=version.rulebook,
            rulebook_version=version.rulebook_version,
            formerly=_formerly(version),
        )


class StepView(_View):
    """One step in the life of a version; `state` is the one that it led to."""

    action: Action
    state: State
    at: datetime
    actor: str = Field(examples=["operator:0197c1e0-0000-7000-8000-000000000007"])
    department: UUID
    remarks: str | None
    rulebook: str = Field(examples=["baoji-2017"])
    rulebook_version: str


class VersionView(BaseModel):
    """One version in the history of a resource."""

    version: int
    state: State
    name: str
    started_at: datetime
    published_at: datetime | None
    rulebook: str | None = Field(description="Under which it was published.")
    rulebook_version: str | None
    formerly: FormerProviderView | None = Field(
        description="The provider as it was called then; null where it is still called so."
    )
    steps: list[StepView] = Field(
        description="For the provider and its competent authority; empty for all others."
    )

    @classmethod
    def of(cls, version: ResourceVersion, steps: Sequence[ResourceStep]) -> Self:
        """The wire shape of a version and its steps; its resource must be loaded."""
        return cls(
            version=version.number,
            state=version.state,
            name=version.name,
            started_at=version.started_at,
            published_at=version.published_at,
            rulebook=version.rulebook,
            rulebook_version=version.rulebook_version,
            formerly=_formerly(version),
            steps=[StepView.model_validate(step) for step in steps],
        )


def _provider(department: Department) -> ProviderView:
    return ProviderView.model_validate(department)


def _formerly(version: ResourceVersion) -> FormerProviderView | None:
    found, name, code = (
        version.published_for,
        version.published_for_name,
        version.published_for_code,
    )
    now = version.resource.department
    if found is None or name is None or code is None:
        return None
    if (found, name, code) == (now.id, now.name, now.credit_code):
        return None
    return FormerProviderView(id=found, name=name, credit_code=code)


def _place(version: ResourceVersion) -> PlaceView | None:
    place = version.place
    return PlaceView.model_validate(place) if place else None
