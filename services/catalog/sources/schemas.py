"""The wire shapes of who collects what."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.catalog.schemas import Body, LegalBasisBody, Name, Text, Word
from services.catalog.sources.datum import Sameness
from services.catalog.sources.models import CollectionRuling
from services.catalog.sources.queries import Duplicate
from services.catalog.sources.reports import Repetition
from services.catalog.views import BasisView

_MARKET = "0197c1e0-0000-7000-8000-000000000002"
_TAX = "0197c1e0-0000-7000-8000-000000000003"
Filled = Annotated[Text, Field(min_length=1)]


class CollectionRulingBody(Body):
    """Who leads in collecting a datum, and who may collect it beside, on which basis."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "经营范围",
                    "lead": _MARKET,
                    "permitted": [_TAX],
                    "basis": {
                        "kind": "law",
                        "citation": "《中华人民共和国税收征收管理法》第十五条",
                    },
                    "remarks": "以登记机关为主采集",
                }
            ]
        },
    )

    name: Name | None = Field(default=None, description="The item by its Chinese name; or")
    element: Annotated[Word, Field(min_length=1)] | None = Field(
        default=None, description="the data element (数据元) by its code."
    )
    lead: UUID = Field(description="主采集部门: a department of your region.")
    permitted: Annotated[list[UUID], Field(max_length=200)] = Field(
        default=[], description="Departments that may collect it too, on the basis stated."
    )
    basis: LegalBasisBody | None = Field(
        default=None, description="What says otherwise (另有规定), where others may collect it too."
    )
    remarks: Filled

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.name is None) == (self.element is None):
            raise ValueError("name the datum by `name` or by `element`")
        if bool(self.permitted) != (self.basis is not None):
            raise ValueError("`permitted` and `basis` belong together")
        return self


class CollectionRulingView(BaseModel):
    """What an authority ruled about collecting a datum."""

    id: UUID
    by: Sameness
    datum: str = Field(description="The element's code, or the folded name that is compared.")
    name: str = Field(description="As the authority wrote it.")
    region: str = Field(examples=["320000/320200"])
    lead: UUID
    lead_name: str = Field(examples=["示例市市场监督管理局"])
    permitted: list[UUID]
    basis: BasisView | None
    remarks: str
    rulebook: str
    rulebook_version: str
    ruled_at: datetime
    superseded_at: datetime | None = Field(description="When a later ruling took its place.")

    @classmethod
    def of(cls, ruling: CollectionRuling) -> Self:
        """The view of a ruling; its department must be loaded."""
        basis = None
        if ruling.basis_kind is not None:
            basis = BasisView(kind=ruling.basis_kind, citation=ruling.basis_citation or "")
        return cls(
            id=ruling.id,
            by=ruling.by,
            datum=ruling.datum,
            name=ruling.named,
            region=ruling.region,
            lead=ruling.lead,
            lead_name=ruling.department.name,
            permitted=ruling.permitted,
            basis=basis,
            remarks=ruling.remarks,
            rulebook=ruling.rulebook,
            rulebook_version=ruling.rulebook_version,
            ruled_at=ruling.ruled_at,
            superseded_at=ruling.superseded_at,
        )


class SecondaryBody(Body):
    """Items that the department collects second, by their codes."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"items": ["business_scope"], "remarks": "以市场监管局登记的为准"}]
        },
    )

    items: Annotated[list[Word], Field(min_length=1, max_length=1000)]
    remarks: Filled


class CandidateView(BaseModel):
    """An item of another department's that may be the same datum."""

    model_config = ConfigDict(from_attributes=True)

    sameness: Sameness = Field(
        description="Bound to the same data element, of the same name, or coded by the same "
        "standard."
    )
    resource: UUID
    resource_name: str
    provider: UUID
    provider_name: str
    code: str
    name: str
    basic: bool = Field(description="Both are basic items, neither is a key; the other is shared.")


class RepetitionView(BaseModel):
    """An item of the resource that other departments have too."""

    code: str = Field(examples=["business_scope"])
    name: str = Field(examples=["经营范围"])
    candidates: list[CandidateView]
    ruling: UUID | None = Field(description="The authority's ruling that holds here.")
    lead: UUID | None = Field(description="Who leads by that ruling.")
    secondary: bool = Field(description="The provider states that it collects it second.")
    demanded: bool = Field(description="Publication waits until it is settled.")
    settled: bool

    @classmethod
    def of(cls, found: Repetition) -> Self:
        """The view of a repetition."""
        return cls(
            code=found.item.code,
            name=found.item.name,
            candidates=[CandidateView.model_validate(one) for one in found.candidates],
            ruling=found.ruling.id if found.ruling else None,
            lead=found.ruling.lead if found.ruling else None,
            secondary=found.second is not None,
            demanded=found.demanded,
            settled=found.settled,
        )


class RepetitionsView(BaseModel):
    """What of a resource other departments have too."""

    resource: UUID
    version: int
    article: str | None = Field(examples=["yixing-2016 §14"])
    items: list[RepetitionView] = Field(
        description="In the entry's order; of each way of being the same at most 10 candidates."
    )


class HolderView(BaseModel):
    """A department that has the datum in the catalogue."""

    id: UUID
    name: str = Field(examples=["示例市税务局"])


class DuplicateView(BaseModel):
    """A datum that several departments have in the catalogue."""

    datum: str
    name: str
    providers: list[HolderView]
    resources: list[UUID] = Field(description="At most 20 of them.")
    resources_count: int
    lead: UUID | None = Field(description="Who leads, where the authority has ruled.")

    @classmethod
    def of(cls, found: Duplicate) -> Self:
        """The view of a duplicate."""
        return cls(
            datum=found.datum,
            name=found.name,
            providers=[HolderView(id=one, name=name) for one, name in found.providers.items()],
            resources=found.resources,
            resources_count=found.resources_count,
            lead=found.lead,
        )
