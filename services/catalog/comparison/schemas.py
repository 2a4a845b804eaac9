"""The wire shapes of a comparison."""

from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.catalog.comparison import differences
from services.catalog.comparison.differences import Difference
from services.catalog.models import ResourceVersion


class FieldDifferenceView(BaseModel):
    """One field that two versions state differently."""

    model_config = ConfigDict(from_attributes=True)

    field: str = Field(examples=["update_cycle"])
    before: JsonValue = Field(examples=["daily"])
    after: JsonValue = Field(examples=["weekly"])


class ItemDifferenceView(BaseModel):
    """One item that is not the same in both versions."""

    model_config = ConfigDict(from_attributes=True)

    code: str = Field(examples=["address"])
    name: str = Field(examples=["注册地址"])
    difference: Difference
    fields: list[FieldDifferenceView] = Field(description="Empty unless the item changed.")


class ComparisonView(BaseModel):
    """What the version `after` says differently from the version `before`."""

    resource: UUID
    before: int = Field(examples=[1])
    after: int = Field(examples=[2])
    same: bool = Field(description="Both say the same; `fields` and `items` are empty.")
    fields: list[FieldDifferenceView] = Field(description="Of the whole, in the entry's order.")
    items: list[ItemDifferenceView] = Field(description="Items are the same by their code.")
    reordered: bool = Field(description="The items that both have stand in another order.")

    @classmethod
    def of(cls, before: ResourceVersion, after: ResourceVersion) -> Self:
        """The comparison of two versions of one resource; their items must be loaded."""
        one, other = before.entry, after.entry
        fields = differences.between_fields(one, other)
        items = differences.between_items(one, other)
        reordered = differences.is_reordered(one, other)
        return cls(
            resource=before.resource_id,
            before=before.number,
            after=after.number,
            same=not (fields or items or reordered),
            fields=[FieldDifferenceView.model_validate(found) for found in fields],
            items=[ItemDifferenceView.model_validate(found) for found in items],
            reordered=reordered,
        )
