"""The wire shapes of Delta Sharing, as its protocol names them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.exchange.delta.naming import Table
from shared.errors import BadRequest


class ShareView(BaseModel):
    """A department that shares something with yours."""

    name: str = Field(examples=["示例市市场监督管理局"])


class ShareAnswer(BaseModel):
    """One share."""

    share: ShareView


class SchemaView(BaseModel):
    """A resource that is shared."""

    name: str = Field(examples=["企业法人登记信息"])
    share: str = Field(examples=["示例市市场监督管理局"])


class TableView(BaseModel):
    """A grant as a table: its name is the grant's id."""

    name: str = Field(examples=["01a1f2c4-7d2b-7f11-9a35-2b6f1c0d4e5f"])
    schema_name: str = Field(alias="schema", examples=["企业法人登记信息"])
    share: str = Field(examples=["示例市市场监督管理局"])

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    @classmethod
    def of(cls, table: Table) -> "TableView":
        """The table as it is listed."""
        return cls(name=str(table.grant), schema_name=table.schema, share=table.share)


class Shares(BaseModel):
    """A page of shares; no `nextPageToken` is the end."""

    items: list[ShareView]
    nextPageToken: str | None = None  # noqa: N815 - the protocol's word


class Schemas(BaseModel):
    """A page of schemas; no `nextPageToken` is the end."""

    items: list[SchemaView]
    nextPageToken: str | None = None  # noqa: N815 - the protocol's word


class Tables(BaseModel):
    """A page of tables; no `nextPageToken` is the end."""

    items: list[TableView]
    nextPageToken: str | None = None  # noqa: N815 - the protocol's word


class QueryBody(BaseModel):
    """What of a table is asked for; nothing is the whole of its newest version. Hints are read
    and not needed: what a grant narrows is cut into the files themselves."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"examples": [{}, {"version": 12}]})

    version: int | None = Field(default=None, ge=0, le=2**62)
    timestamp: datetime | None = Field(default=None, examples=["2026-11-02T00:00:00+08:00"])
    startingVersion: int | None = Field(  # noqa: N815 - the protocol's word
        default=None, description="Refused here: ask for `changes`."
    )

    @field_validator("timestamp", mode="before")
    @classmethod
    def _written(cls, value: object) -> object:
        # A bare number would be read as seconds; the protocol's moments are texts.
        if value is not None and not isinstance(value, str):
            raise ValueError("a moment is written as text (ISO 8601)")
        return value


def moment(sent: datetime | None, timezone: str) -> datetime | None:
    """A moment in UTC; one without a zone is of the installation's. Raises BadRequest."""
    if sent is None:
        return None
    try:
        aware = sent if sent.tzinfo else sent.replace(tzinfo=ZoneInfo(timezone))
        return aware.astimezone(UTC)
    except OverflowError:
        raise BadRequest("There is no such moment.") from None
