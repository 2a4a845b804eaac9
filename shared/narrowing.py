"""How a grant narrows what it lets through beyond its items: conditions on rows, and masks.

A condition is a conjunction of terms, each of one item; a row that a term does not surely hold of
(an empty value among them, but for `is-null`) is outside. A mask shows part of an item's values by
a fixed rule. Both are the approver's, and reach whoever serves the data in the grant's event.
Nothing of it is ever passed over: who meets a kind that it does not know cannot read the event.
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, field_validator

MOST_TERMS = 20
MOST_VALUES = 200
LONGEST_VALUE = 200


class Comparison(StrEnum):
    """How an item's value is compared; `between` has both ends, text is compared by code points."""

    EQUAL = "="
    IN = "in"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    BETWEEN = "between"
    IS_NULL = "is-null"

    def takes(self, values: int) -> bool:
        """Whether it compares with so many values."""
        if self is Comparison.IN:
            return 1 <= values <= MOST_VALUES
        return values == {Comparison.BETWEEN: 2, Comparison.IS_NULL: 0}.get(self, 1)


class Mask(StrEnum):
    """脱敏规则: which part of a value is shown."""

    IDENTITY_NUMBER = "identity-number"
    PHONE = "phone"
    NAME = "name"
    ADDRESS = "address"


class RowTerm(BaseModel):
    """One term of a row condition: an item, a comparison, and the values to compare with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    item: str = Field(
        min_length=1,
        max_length=63,
        description="An item's code; it need not be granted.",
        examples=["city"],
    )
    comparison: Comparison = Field(examples=[Comparison.IN])
    values: tuple[str, ...] = Field(
        default=(),
        max_length=MOST_VALUES,
        description="As text, in the forms that batches have; none for `is-null`, two for "
        "`between`, both ends included.",
        examples=[["苏州", "无锡"]],
    )

    @field_validator("values")
    @classmethod
    def _short(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(value) > LONGEST_VALUE for value in values):
            raise ValueError(f"a value has at most {LONGEST_VALUE} characters")
        return values


class MaskedItem(BaseModel):
    """One item whose values are shown in part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    item: str = Field(
        min_length=1, max_length=63, description="The code of a granted item.", examples=["phone"]
    )
    mask: Mask = Field(examples=[Mask.PHONE])


class Narrowing(BaseModel):
    """行条件与脱敏: which rows a grant lets through, and which items come masked."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "rows": [{"item": "city", "comparison": "in", "values": ["苏州", "无锡"]}],
                    "masks": [{"item": "phone", "mask": "phone"}],
                }
            ]
        },
    )

    rows: tuple[RowTerm, ...] = Field(
        default=(), max_length=MOST_TERMS, description="行条件: all of them hold of a row."
    )
    masks: tuple[MaskedItem, ...] = Field(
        default=(), max_length=1000, description="脱敏: which items come masked, and how."
    )

    @property
    def masked(self) -> dict[str, Mask]:
        """The mask of each masked item."""
        return {masked.item: masked.mask for masked in self.masks}

    def kept(self) -> str | None:
        """As it is stored and compared: equal narrowings are equal texts; None for none."""
        if not self.rows and not self.masks:
            return None
        ordered = Narrowing(
            rows=tuple(sorted(set(self.rows), key=RowTerm.model_dump_json)),
            masks=tuple(sorted(set(self.masks), key=MaskedItem.model_dump_json)),
        )
        return ordered.model_dump_json()

    @classmethod
    def of(cls, kept: str | None) -> "Narrowing":
        """What was stored."""
        return cls() if kept is None else cls.model_validate_json(kept)
