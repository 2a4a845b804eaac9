"""The wire shapes of what a search answers beside the resources themselves."""

from uuid import UUID

from pydantic import BaseModel, Field

from services.catalog.classification import TOPICS
from services.catalog.search.asking import Spread
from services.catalog.search.documents import Facet
from services.catalog.search.index import Count

_LABELS = {topic.value: label for topics in TOPICS.values() for topic, label in topics.items()}


class ValueCount(BaseModel):
    """A value of a facet, and how many of the resources found have it."""

    value: str = Field(description="As the filter takes it.", examples=["legal-entity"])
    label: str | None = Field(
        description="名称: what a person reads, where it is not the value.",
        examples=["法人单位信息"],
    )
    count: int = Field(examples=[312])


class FacetView(BaseModel):
    """One facet: its values among what was found, the most frequent first."""

    facet: Facet = Field(description="The filter's name.", examples=["topic"])
    values: list[ValueCount]
    others: int = Field(
        description="How many have a value that is too rare to stand here.", examples=[0]
    )


class FacetsView(BaseModel):
    """How what was found is spread."""

    total: int = Field(description="How many resources were found.", examples=[1204])
    facets: list[FacetView]

    @classmethod
    def of(cls, spread: Spread) -> "FacetsView":
        """The wire shape of the counts, in the order of the filters."""
        return cls(
            total=spread.total,
            facets=[_facet(facet, spread.counts[facet], spread) for facet in Facet],
        )


class SuggestionsView(BaseModel):
    """Names of resources that begin so."""

    names: list[str] = Field(examples=[["法人单位基本信息", "法人单位年度报告信息"]])


def _facet(facet: Facet, count: Count, spread: Spread) -> FacetView:
    return FacetView(
        facet=facet,
        values=[
            ValueCount(value=value, label=_label(facet, value, spread), count=number)
            for value, number in count.values
        ],
        others=count.others,
    )


def _label(facet: Facet, value: str, spread: Spread) -> str | None:
    if facet is Facet.PROVIDER:
        return spread.names.get(UUID(value))
    return _LABELS.get(value) if facet is Facet.TOPIC else None
