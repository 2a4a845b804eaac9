"""The wire shapes of data elements."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.catalog.items import Item
from services.catalog.schemas import Body, Name, Text, Word
from services.catalog.standards.elements import DataElement
from services.catalog.standards.models import RegisteredElement
from shared.events.catalog import ItemType, Standard


class ElementBody(Body):
    """A data element as an authority registers it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "企业登记状态代码",
                    "definition": "企业在登记机关的存续状态",
                    "source": "DB61/T 1001",
                    "type": "C",
                    "length": 1,
                    "codes": {"1": "存续", "2": "吊销", "3": "注销"},
                }
            ]
        },
    )

    name: Name
    definition: Text
    source: Name = Field(description="The standard that defines it.", examples=["GB/T 2261.1"])
    type: ItemType
    length: Annotated[int, Field(ge=1, le=65_535)] | None = None
    scale: Annotated[int, Field(ge=0, le=38)] | None = None
    standard: Standard = Standard.NONE
    codes: Annotated[dict[Word, Word], Field(min_length=1, max_length=5000)] | None = Field(
        default=None, description="The values that exist, each with its meaning."
    )

    @model_validator(mode="after")
    def _is_what_an_item_can_be(self) -> Self:
        item = Item(
            code="element",
            name=self.name,
            type=self.type,
            length=self.length,
            scale=self.scale,
            standard=self.standard,
        )
        faults = [sentence for _, sentence in item.contradictions]
        if faults:
            raise ValueError(" ".join(faults))
        if self.codes is not None and self.type is not ItemType.CHARACTER:
            raise ValueError("Coded values are of type C.")
        if self.codes is not None and any(len(code) != self.length for code in self.codes):
            raise ValueError("Every code is exactly as long as the element.")
        return self

    def element(self, code: str) -> DataElement:
        """The element as the registry keeps it."""
        return DataElement(code=code, **self.model_dump())


class ElementView(BaseModel):
    """A data element of the registry."""

    model_config = ConfigDict(from_attributes=True)

    code: str = Field(examples=["sex"])
    version: int = Field(description="Counts its registrations.")
    name: str = Field(examples=["性别代码"])
    definition: str
    source: str = Field(examples=["GB/T 2261.1"])
    type: ItemType
    length: int | None
    scale: int | None
    standard: Standard
    codes: dict[str, str] | None
    registered_at: datetime

    @classmethod
    def of(cls, element: RegisteredElement) -> Self:
        """The view of a registered element."""
        return cls.model_validate(element)
