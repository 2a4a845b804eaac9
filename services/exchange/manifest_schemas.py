"""The wire shapes of manifests: what a grantee is told of files, and where data comes from."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.exchange.digests import EXAMPLE
from services.exchange.digests import field as digest_field
from services.exchange.manifests import Addressed, Manifest
from services.exchange.models import Form
from shared.crypto import Suite
from shared.events.exchange import BatchMode
from shared.narrowing import Mask, RowTerm

_ROWS_WHERE = "行条件: only rows that all of it holds of are in the files; empty: all rows."
_HANDED_OUT = (
    "Over the digests of all files of this manifest, as bytes one after another: state it in the "
    "receipt (交付回执), computed from what you took."
)


class ColumnView(BaseModel):
    """One granted item, as the files and look-ups name it."""

    code: str = Field(examples=["uscc"])
    name: str = Field(examples=["统一社会信用代码"])
    type: str = Field(description="The letter of 《政务信息资源目录编制指南》.", examples=["C"])
    key: bool
    mask: Mask | None = Field(description="脱敏规则: how its values are masked; null: not at all.")


class SourceView(BaseModel):
    """Where data comes from and of when it is: name both when you use it."""

    resource: UUID
    name: str | None = Field(examples=["企业法人登记信息"])
    department: UUID
    department_name: str | None = Field(examples=["示例市市场监督管理局"])
    data_at: datetime | None = Field(description="When the provider handed the newest data in.")


class FileView(BaseModel):
    """One file at its address at the file door. The address is the permission: keep it secret."""

    url: str
    bytes: int
    rows: int
    digest: str = Field(description="Of the file (RFC 9530).", examples=[EXAMPLE])
    format: Form
    expires_at: datetime

    @classmethod
    def of(cls, file: Addressed, suite: Suite) -> Self:
        """A file as it is told."""
        return cls(
            url=file.url,
            bytes=file.address.size,
            rows=file.rows,
            digest=digest_field(suite, file.address.digest),
            format=file.address.form,
            expires_at=file.address.expires_at,
        )


class HistoryView(BaseModel):
    """What is kept of the past: come for changes within it."""

    kept_days: int | None = Field(description="历史保留天数; null: for ever.")
    kept_from: int | None = Field(
        description="Changes after this number can be had; null: all of this epoch."
    )

    @classmethod
    def of(cls, manifest: Manifest) -> Self:
        """As a manifest tells it."""
        resource = manifest.resource
        return cls(
            kept_days=resource.kept_days if resource else None,
            kept_from=resource.kept_from if resource else None,
        )


class SnapshotView(BaseModel):
    """All rows under a grant as of one sequence number."""

    grant: UUID
    resource: UUID
    epoch: int
    sequence: int
    rows: int
    digest: str = Field(description=_HANDED_OUT, examples=[EXAMPLE])
    columns: list[ColumnView]
    rows_where: list[RowTerm] = Field(description=_ROWS_WHERE)
    source: SourceView
    history: HistoryView
    files: list[FileView]

    @classmethod
    def of(cls, manifest: Manifest, suite: Suite) -> Self:
        """The manifest of a snapshot."""
        files = [file for _, found in manifest.cuts for file in found]
        return cls(
            grant=manifest.grant.id,
            resource=manifest.grant.resource_id,
            epoch=manifest.epoch,
            sequence=manifest.to,
            rows=sum(file.rows for file in files),
            digest=digest_field(suite, manifest.digest(suite)),
            columns=_columns(manifest),
            rows_where=_rows_where(manifest),
            source=_source(manifest),
            history=HistoryView.of(manifest),
            files=[FileView.of(file, suite) for file in files],
        )


class ChangeView(BaseModel):
    """What one published batch changed under a grant: as rows, in files."""

    sequence: int
    mode: BatchMode
    published_at: datetime | None
    resource_version: int = Field(description="The version of the entry that it was checked by.")
    added: list[str] = Field(
        description="Granted items that the data has from this batch on; empty before it."
    )
    rows: int
    files: list[FileView]


class ChangesView(BaseModel):
    """What changed under a grant after `from` up to `to`; ask again after `to` while `more`."""

    model_config = ConfigDict(populate_by_name=True)

    grant: UUID
    resource: UUID
    epoch: int
    after: int = Field(alias="from", serialization_alias="from")
    to: int
    more: bool
    digest: str = Field(description=_HANDED_OUT, examples=[EXAMPLE])
    columns: list[ColumnView]
    rows_where: list[RowTerm] = Field(description=_ROWS_WHERE)
    source: SourceView
    history: HistoryView
    batches: list[ChangeView]

    @classmethod
    def of(cls, manifest: Manifest, suite: Suite) -> Self:
        """The manifest of changes."""
        files = {cut.sequence: found for cut, found in manifest.cuts}
        return cls(
            grant=manifest.grant.id,
            resource=manifest.grant.resource_id,
            epoch=manifest.epoch,
            after=manifest.after,
            to=manifest.to,
            more=manifest.more,
            digest=digest_field(suite, manifest.digest(suite)),
            columns=_columns(manifest),
            rows_where=_rows_where(manifest),
            source=_source(manifest),
            history=HistoryView.of(manifest),
            batches=[
                ChangeView(
                    sequence=batch.sequence,
                    mode=batch.mode,
                    published_at=batch.finished_at,
                    resource_version=batch.resource_version,
                    added=[code for code in batch.added or [] if code in manifest.grant.items],
                    rows=sum(file.rows for file in files[batch.sequence]),
                    files=[FileView.of(file, suite) for file in files[batch.sequence]],
                )
                for batch in manifest.batches
                if batch.sequence is not None
            ],
        )


def _columns(manifest: Manifest) -> list[ColumnView]:
    narrowing = manifest.grant.narrowing
    masks = narrowing.masked if narrowing else {}
    return [
        ColumnView(
            code=item.code,
            name=item.name,
            type=item.type,
            key=item.key,
            mask=masks.get(item.code),
        )
        for item in manifest.columns
    ]


def _rows_where(manifest: Manifest) -> list[RowTerm]:
    narrowing = manifest.grant.narrowing
    return list(narrowing.rows) if narrowing else []


def _source(manifest: Manifest) -> SourceView:
    resource = manifest.resource
    return SourceView(
        resource=manifest.grant.resource_id,
        name=resource.name if resource else None,
        department=manifest.grant.provider,
        department_name=manifest.department_name,
        data_at=manifest.data_at,
    )
