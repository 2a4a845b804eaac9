"""The wire shapes of imports and their reports."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.catalog.bulk.found import Severity
from services.catalog.bulk.models import (
    ENDED,
    Import,
    ImportedEntry,
    ImportProblem,
    Mode,
    Outcome,
    Progress,
    Way,
)

_IMPORT = "0197c1ee-1f00-7c11-9b00-0242ac120009"


class CountsView(BaseModel):
    """How many entries, and what became of them."""

    entries: int = Field(description="Found in what was handed in.", examples=[120])
    bad: int = Field(description="That cannot come in.", examples=[2])
    errors: int = Field(description="Problems that keep something out.", examples=[3])
    warnings: int = Field(description="Problems that do not.", examples=[7])
    done: int = Field(description="Dealt with so far, while it is being applied.", examples=[120])
    created: int = Field(examples=[100])
    changed: int = Field(examples=[10])
    unchanged: int = Field(description="Left untouched.", examples=[8])


class WhyView(BaseModel):
    """Why the whole was refused."""

    code: str = Field(examples=["import-has-errors"])
    zh: str
    en: str


class ImportView(BaseModel):
    """批量导入: one import, how far it has come and what became of it."""

    id: UUID = Field(examples=[_IMPORT])
    way: Way
    mode: Mode
    dry_run: bool
    unfinished: bool = Field(description="Whether unfinished entries come in as drafts.")
    mapping: str | None = Field(description="The named mapping and its version.")
    state: Progress = Field(
        description="`waiting` `reading` `applying` `marking`, then `applied`, `checked` (a dry "
        "run), `refused` (nothing came in) or `failed` (a fault of the platform)."
    )
    over: bool = Field(description="Whether nothing will change any more.")
    received_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    counts: CountsView
    reason: WhyView | None

    @classmethod
    def of(cls, job: Import) -> Self:
        """The wire shape of an import."""
        reason = None
        if job.reason is not None:
            reason = WhyView(code=job.reason, zh=job.reason_zh or "", en=job.reason_en or "")
        return cls(
            id=job.id,
            way=job.way,
            mode=job.mode,
            dry_run=job.dry_run,
            unfinished=job.unfinished,
            mapping=job.mapping,
            state=job.state,
            over=job.state in ENDED,
            received_at=job.received_at,
            started_at=job.started_at,
            ended_at=job.ended_at,
            counts=CountsView.model_validate(job, from_attributes=True),
            reason=reason,
        )


class ProblemView(BaseModel):
    """One problem: where, what stood there, what is wrong, in both languages."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    entry: int | None = Field(description="The entry's number, from 0; null: of none.")
    severity: Severity
    sheet: str = Field(description="Empty where there are no sheets.", examples=["信息资源"])
    cell: str = Field(description="Of a workbook; else the record's number.", examples=["F3"])
    value: str | None = Field(description="As it came, cut to 200 characters.")
    field: str = Field(description="As the API names it.", examples=["items.2.share_type"])
    code: str = Field(examples=["not-in-list"])
    zh: str
    en: str
    article: str | None = Field(examples=["baoji-2017 §14"])

    @classmethod
    def of(cls, problem: ImportProblem) -> Self:
        """The wire shape of a problem."""
        return cls.model_validate(problem)


class ImportedView(BaseModel):
    """One entry of an import, and what became of it."""

    model_config = ConfigDict(from_attributes=True)

    position: int
    key: str | None = Field(description="The department's own identifier.")
    sheet: str
    cell: str
    outcome: Outcome
    resource_id: UUID | None

    @classmethod
    def of(cls, entry: ImportedEntry) -> Self:
        """The wire shape of an imported entry."""
        return cls.model_validate(entry)
