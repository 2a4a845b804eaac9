"""The wire shapes of the audit API, and the question that a list of entries answers."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from services.audit.entry import Kind
from services.audit.receipt import Binary

_RESOURCE = "0197a3c0-5b1e-7cc0-8a00-000000000101"
_DEPARTMENT = "0197a3c0-5b1e-7cc0-8a00-000000000001"
_NOTE = (
    "huitong.example/610300\n2718\nLLCgGzSJUhmIMRd0xDlxwAHfWC2OhuWPJgu3dcKiDWI=\n\n"
    "— huitong.example/610300 AbCdEf…\n"
)


class Wanted(BaseModel):
    """Which entries are asked for; members that are absent ask nothing."""

    resource: UUID | None = Field(default=None, description="资源 · Entries about this resource.")
    grant: UUID | None = Field(default=None, description="授权 · Entries under this grant.")
    department: UUID | None = Field(
        default=None, description="部门 · Entries of what this department did."
    )
    access_id: UUID | None = Field(
        default=None, description="访问编号 · One access: decided, what it caused, completed."
    )
    subject: str | None = Field(
        default=None,
        max_length=300,
        description="事件主题 · The event's subject.",
        examples=["requests.grant-issued.v1"],
    )
    kind: Kind | None = Field(default=None, description="类别 · What the entry tells of.")
    since: AwareDatetime | None = Field(
        default=None, alias="from", description="起 · Happened at this time or later (RFC 3339)."
    )
    until: AwareDatetime | None = Field(
        default=None, alias="to", description="止 · Happened before this time (RFC 3339)."
    )


class EntryView(BaseModel):
    """One entry: what can be asked for, and the entry itself as it was recorded."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "index": 2717,
                    "leaf": "LLCgGzSJUhmIMRd0xDlxwAHfWC2OhuWPJgu3dcKiDWI=",
                    "kind": "decided",
                    "time": "2026-03-02T08:00:00Z",
                    "entry": {
                        "version": 1,
                        "kind": "decided",
                        "id": "0197a3c0-5b1e-7cc0-8a00-000000002717",
                        "operation": "GET /v1/grants/{grant}/changes",
                        "decision": "allowed",
                        "department": _DEPARTMENT,
                        "resource": _RESOURCE,
                    },
                }
            ]
        }
    )

    index: int = Field(description="序号 · The entry's place in the log, from 0.")
    leaf: Binary = Field(description="The leaf hash (RFC 6962 §2.1), in base64.")
    kind: Kind
    time: datetime = Field(description="发生时间 · When it happened, UTC.")
    entry: dict[str, JsonValue] = Field(description="The entry's members, as they were recorded.")


class CheckpointView(BaseModel):
    """The newest signed checkpoint."""

    model_config = ConfigDict(from_attributes=True)

    origin: str = Field(description="The log's name.", examples=["huitong.example/610300"])
    size: int = Field(description="How many entries the log has.", examples=[2718])
    root: Binary = Field(description="The head of the tree, in base64.")
    signed: datetime = Field(description="When it was signed, UTC.")
    note: str = Field(description="The signed note itself, to be kept.", examples=[_NOTE])


class ConsistencyView(BaseModel):
    """The proof that the log at size `second` extends the log at size `first`."""

    first: int = Field(examples=[1024])
    second: int = Field(examples=[2718])
    path: list[Binary] = Field(description="The proof (RFC 6962 §2.1.2), each hash in base64.")


class KeyView(BaseModel):
    """The public key that checks checkpoints and receipts."""

    origin: str = Field(description="The log's name and its key's.")
    key: str = Field(
        description="The verifier key line of a signed note (C2SP).",
        examples=["huitong.example/610300+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"],
    )


class GapView(BaseModel):
    """Numbers of a source that were jumped over and have not come since, both included."""

    model_config = ConfigDict(from_attributes=True)

    first: int
    last: int
    noticed: datetime


class SourceView(BaseModel):
    """How far one source has been heard, and what of it is missing."""

    source: str = Field(examples=["/huitong/requests"])
    highest: int = Field(description="The highest sequence number that arrived.")
    arrived: int = Field(description="How many messages arrived.")
    repeated: int = Field(description="How many came under a number that was taken; must be 0.")
    missing: int = Field(description="How many numbers have not arrived; must be 0.")
    gaps: list[GapView]
