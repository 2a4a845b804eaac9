"""The wire shapes of deliveries and receipts."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.exchange.delivered import CutKind
from services.exchange.digests import EXAMPLE
from services.exchange.digests import field as digest_field
from services.exchange.receipts.models import Delivery, DeliveryState
from services.exchange.receipts.queries import Progress, Standing
from shared.crypto import Suite


class ReceiptBody(BaseModel):
    """What the holder of a grant holds of it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"epoch": 1, "sequence": 7, "digest": EXAMPLE}]},
    )

    epoch: int = Field(ge=1, le=2**31 - 1, description="The epoch of the manifest.")
    sequence: int = Field(
        ge=1, le=2**62, description="`sequence` of a snapshot, `to` of a page of changes."
    )
    digest: str = Field(
        max_length=200,
        description="Over the digests of all files that you took by that manifest, as bytes one "
        "after another in its order; as `digest` of the manifest says it.",
    )


class DeliveryView(BaseModel):
    """What one manifest handed out, and what its holder says of it."""

    id: UUID
    grant: UUID
    epoch: int
    kind: CutKind = Field(description="A snapshot, or changes.")
    after: int = Field(description="Changes: those after this number. Snapshot: its own.")
    sequence: int
    rows: int
    digest: str = Field(examples=[EXAMPLE])
    state: DeliveryState
    told_at: datetime = Field(description="When it was handed out first.")
    told_to: str = Field(examples=["client:0197c1e4-0000-7000-8000-000000000007"])
    confirmed_at: datetime | None
    confirmed_by: str | None
    differed_at: datetime | None = Field(description="When another digest was stated last.")
    differing: str | None = Field(description="The digest that was stated then.")

    @classmethod
    def of(cls, delivery: Delivery, suite: Suite) -> Self:
        """The delivery as both sides see it."""
        differing = delivery.differing
        return cls(
            id=delivery.id,
            grant=delivery.grant_id,
            epoch=delivery.epoch,
            kind=delivery.kind,
            after=delivery.after,
            sequence=delivery.sequence,
            rows=delivery.rows,
            digest=digest_field(suite, delivery.digest),
            state=delivery.state,
            told_at=delivery.told_at,
            told_to=delivery.told_to,
            confirmed_at=delivery.confirmed_at,
            confirmed_by=delivery.confirmed_by,
            differed_at=delivery.differed_at,
            differing=digest_field(suite, differing) if differing is not None else None,
        )


class ProgressView(BaseModel):
    """How far the holder of a grant came with what stands."""

    grant: UUID
    resource: UUID
    resource_name: str | None = Field(examples=["企业法人登记信息"])
    provider: UUID
    provider_name: str | None = Field(examples=["示例市市场监督管理局"])
    grantee: UUID
    grantee_name: str | None = Field(examples=["示例市税务局"])
    standing: Standing = Field(
        description="`undelivered`: not fetched up to what stands; `unconfirmed`: fetched, and "
        "nobody said that it arrived; `differs`: something else was stated to be held."
    )
    epoch: int
    newest: int = Field(description="The newest sequence number that is published.")
    delivered: int | None = Field(description="Up to where it was handed out.")
    confirmed: int | None = Field(description="Up to where its holder confirmed it.")
    differs: int | None = Field(description="Where another digest was stated, if anywhere.")
    delivered_at: datetime | None
    confirmed_at: datetime | None

    @classmethod
    def of(cls, found: Progress) -> Self:
        """The progress as both sides see it."""
        grant = found.grant
        return cls(
            grant=grant.id,
            resource=grant.resource_id,
            resource_name=found.resource_name,
            provider=grant.provider,
            provider_name=found.provider_name,
            grantee=grant.grantee,
            grantee_name=found.grantee_name,
            standing=found.standing,
            epoch=found.epoch,
            newest=found.newest,
            delivered=found.delivered,
            confirmed=found.confirmed,
            differs=found.differs,
            delivered_at=found.delivered_at,
            confirmed_at=found.confirmed_at,
        )
