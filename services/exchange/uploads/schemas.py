"""The wire shapes of resumable uploads."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from services.exchange.digests import field as digest_field
from services.exchange.uploads.models import ResumableUpload, UploadState
from shared.crypto import Suite
from shared.events.exchange import BatchMode, UploadEnding


class UploadView(BaseModel):
    """A batch on its way in. When its last byte is durable it is `handed-in`, as `batch`."""

    id: UUID
    resource: UUID
    key: str = Field(description="Your own id of the batch.", examples=["legal-entities-2026-11"])
    mode: BatchMode
    state: UploadState
    size: int = Field(description="Bytes of the whole.", examples=[5_368_709_120])
    offset: int = Field(description="Bytes that are durable.", examples=[1_073_741_824])
    digest: str = Field(description="Of the whole, as you stated it (RFC 9530).")
    opened_at: datetime
    expires_at: datetime = Field(description="While bytes come, it is put off.")
    ended_at: datetime | None = None
    ended_because: UploadEnding | None = None
    batch: UUID | None = None

    @classmethod
    def of(cls, upload: ResumableUpload, suite: Suite) -> Self:
        """The upload as its provider sees it. Its address is told to who opened it alone."""
        return cls(
            id=upload.id,
            resource=upload.resource_id,
            key=upload.provider_key,
            mode=upload.mode,
            state=upload.state,
            size=upload.size,
            offset=upload.offset,
            digest=digest_field(suite, upload.digest),
            opened_at=upload.opened_at,
            expires_at=upload.expires_at,
            ended_at=upload.ended_at,
            ended_because=upload.ended_because,
            batch=upload.batch_id,
        )


class OpenedView(UploadView):
    """An upload and its address: whoever holds it may bring the bytes, so keep it secret."""

    url: str
