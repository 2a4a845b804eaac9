"""The wire shapes of former addresses."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.texts import filled, printable

Named = Annotated[str, Field(max_length=200), AfterValidator(printable), AfterValidator(filled)]
Reason = Annotated[str, Field(max_length=2000), AfterValidator(printable), AfterValidator(filled)]
Address = Annotated[str, Field(min_length=1, max_length=500)]


class MovedBody(BaseModel):
    """One old address, and where the same is answered now."""

    model_config = ConfigDict(extra="forbid")

    address: Address = Field(
        description="Path of the old platform, with parameters where they say what is meant: "
        "then only with exactly these; without, whatever the parameters.",
        examples=["/share/api/getEntInfo.do?resId=3202-0017"],
    )
    target: Address = Field(
        description="Path here: an operation that is read by GET, or a page of the public "
        "catalogue.",
        examples=["/v1/resources/0197c1ee-1f00-7c11-9b00-0242ac120002"],
    )


class FormerAddressesBody(BaseModel):
    """The old addresses of one platform."""

    model_config = ConfigDict(extra="forbid")

    platform: Named = Field(description="Whose they were.", examples=["旧共享交换平台"])
    reason: Reason = Field(examples=["旧平台停用，域名并入本平台"])
    addresses: Annotated[list[MovedBody], Field(min_length=1, max_length=1000)]


class FaultView(BaseModel):
    """What is wrong with one field."""

    field: str = Field(examples=["addresses.3.target"])
    code: str = Field(examples=["nothing-there"])
    message: str


class AddressesReport(BaseModel):
    """What came of old addresses that were handed in, or would have come of them."""

    new: int
    known: int = Field(description="Lead there already.")
    faults: list[FaultView] = Field(description="Why some cannot lead on; empty: none.")
    applied: bool = Field(description="False: a dry run; nothing was kept.")


class FormerAddressView(BaseModel):
    """旧地址: an old platform's address, and where it leads."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    platform: str
    address: str
    target: str
    reason: str
    taken_over_at: datetime
    ended_at: datetime | None = Field(description="Since when it leads nowhere; null: it leads.")
