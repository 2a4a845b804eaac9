"""The wire shapes of exchange."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.exchange.digests import EXAMPLE
from services.exchange.digests import field as digest_field
from services.exchange.manifest_schemas import SourceView
from services.exchange.models import Batch, BatchState, Phase, Resource, SeverityRule
from services.exchange.reports import Finding
from services.exchange.tables.reasons import Rule, Severity
from services.exchange.usecases import Choice, Shares
from shared.crypto import Suite
from shared.events.exchange import BatchMode


class RefusalView(BaseModel):
    """Why a batch was refused as a whole."""

    code: str = Field(examples=["header-mismatch"])
    detail: str = Field(examples=["缺少的列: 注册日期 (columns that are missing)"])


class HoldView(BaseModel):
    """Why a snapshot waits: confirm it if it is right, else cancel it. Later batches wait too."""

    code: str = Field(examples=["snapshot-shrank"])
    detail: str = Field(examples=["全量批次由 5012 行减至 12 行 (5012 rows stand and 12 would)"])
    since: datetime
    confirmed: bool

    @classmethod
    def of(cls, batch: Batch) -> Self | None:
        """Why the batch waited, if it did."""
        if batch.hold is None or batch.held_at is None:
            return None
        return cls(
            code=batch.hold,
            detail=batch.hold_detail or "",
            since=batch.held_at,
            confirmed=batch.confirmed_by is not None,
        )


class RecallBody(BaseModel):
    """Why a published batch is taken back; whoever holds it reads this."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(
        min_length=4,
        max_length=1000,
        pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$",
        examples=["导出时日期列错位，已重新提交正确数据"],
    )


class BatchView(BaseModel):
    """A batch and how far it came. Rows in = accepted + rejected, always."""

    id: UUID
    resource: UUID
    resource_version: int
    key: str = Field(description="The provider's own id of the batch (Idempotency-Key).")
    mode: BatchMode
    state: BatchState
    phase: Phase
    size: int = Field(description="Bytes that were handed in.")
    digest: str = Field(description="Of the bytes (RFC 9530).", examples=[EXAMPLE])
    received_at: datetime
    finished_at: datetime | None
    rows_read: int = Field(description="Rows read so far.", examples=[5012])
    rows_in: int | None = Field(examples=[5012])
    accepted: int | None = Field(examples=[4941])
    rejected: int | None = Field(examples=[71])
    flagged: int | None = Field(description="Of the accepted rows.", examples=[219])
    reasons: dict[Rule, int] = Field(
        description="Rejected rows by the first rule that each broke.",
        examples=[{"wrong-number-of-fields": 13, "damaged-text": 58}],
    )
    flags: dict[Rule, int] = Field(
        description="Flagged findings by rule.", examples=[{"check-character": 219}]
    )
    epoch: int | None
    sequence: int | None = Field(description="Under which it was published.")
    changed: int | None = Field(description="Keys whose rows differ from before.")
    refusal: RefusalView | None
    dry_run: bool = Field(description="Checked and never published.")
    hold: HoldView | None = Field(description="Why a snapshot waits, or waited, for your word.")
    recalls: UUID | None = Field(description="The batch that this one undoes.")
    recalled_as: int | None = Field(
        description="The sequence that took this batch back: it is served no more."
    )

    @classmethod
    def of(cls, batch: Batch, suite: Suite) -> Self:
        """The batch as its provider sees it."""
        refusal = None
        if batch.refusal is not None:
            refusal = RefusalView(code=batch.refusal, detail=batch.refusal_detail or "")
        return cls(
            id=batch.id,
            resource=batch.resource_id,
            resource_version=batch.resource_version,
            key=batch.provider_key,
            mode=batch.mode,
            state=batch.state,
            phase=batch.phase,
            size=batch.size,
            digest=digest_field(suite, batch.digest),
            received_at=batch.received_at,
            finished_at=batch.finished_at,
            rows_read=batch.rows_read,
            rows_in=batch.rows_in,
            accepted=batch.accepted,
            rejected=batch.rejected,
            flagged=batch.flagged,
            reasons={Rule(rule): count for rule, count in batch.reasons.items()},
            flags={Rule(rule): count for rule, count in batch.flags.items()},
            epoch=batch.epoch,
            sequence=batch.sequence,
            changed=batch.changed,
            refusal=refusal,
            dry_run=batch.dry_run,
            hold=HoldView.of(batch),
            recalls=batch.recalls,
            recalled_as=batch.recalled_as,
        )


class FindingView(BaseModel):
    """One line of the reject report."""

    model_config = ConfigDict(from_attributes=True)

    line: int = Field(description="The line in the file, from 1.", examples=[20])
    item: str | None = Field(description="The item's code.", examples=["uscc"])
    name: str | None = Field(description="The item's name.", examples=["统一社会信用代码"])
    reason: Rule
    severity: Severity
    value: str | None = Field(description="As it came.", examples=["320582600049415"])
    text: str | None = Field(description="The whole line as it came.")
    sentence: str = Field(
        examples=["统一社会信用代码：校验码不符合国家标准 · the check character does not fit"]
    )
    first: bool = Field(description="Whether the row is counted by this reason.")

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """The finding on the wire."""
        return cls.model_validate(finding)


class RuleView(BaseModel):
    """How severe a rule is, on one item or on all."""

    model_config = ConfigDict(extra="forbid")

    rule: Rule = Field(examples=[Rule.CHECK_CHARACTER])
    item: str | None = Field(default=None, description="An item's code; null for all.")
    severity: Severity = Field(examples=[Severity.FLAG])


class RulesView(BaseModel):
    """The provider's choices. What is not named is rejected."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"rules": [{"rule": "check-character", "item": "uscc", "severity": "flag"}]}
            ]
        },
    )

    rules: list[RuleView] = Field(max_length=500)
    most_rejected: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="A batch of whose rows a larger share is rejected is refused. Null: none is.",
        examples=[0.05],
    )
    least_kept: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="A snapshot that keeps a smaller share of the rows that stand waits for your "
        "word; so does an empty one, always. Null: 0.5.",
        examples=[0.9],
    )

    @classmethod
    def of(cls, resource: Resource, rules: Sequence[SeverityRule]) -> Self:
        """The choices as stored."""
        return cls(
            rules=[RuleView(rule=r.rule, item=r.item or None, severity=r.severity) for r in rules],
            most_rejected=resource.most_rejected,
            least_kept=resource.least_kept,
        )

    def shares(self) -> Shares:
        """When a batch is refused and when a snapshot waits."""
        return Shares(self.most_rejected, self.least_kept)

    def choices(self) -> list[Choice]:
        """The choices as the use case takes them."""
        return [Choice(rule.rule, rule.item, rule.severity) for rule in self.rules]


class LookupBody(BaseModel):
    """The keys that are asked for; for a key of several items, a list of their values each."""

    model_config = ConfigDict(extra="forbid")

    keys: list[str | list[str]] = Field(
        min_length=1, max_length=1000, examples=[["91320116733160060T"]]
    )


class LookupView(BaseModel):
    """The rows found, in the order of the keys; a key without a row has none.

    Each row has the granted items by code, and where they apply `_flags` (what the provider
    knows to be irregular) and `_stale` (a newer row was rejected).
    """

    grant: UUID
    resource: UUID
    epoch: int
    sequence: int
    source: SourceView
    rows: list[dict[str, str | int | float | bool | None]] = Field(
        examples=[[{"uscc": "91320116733160060T", "name": "南京红健气体有限公司"}]]
    )
